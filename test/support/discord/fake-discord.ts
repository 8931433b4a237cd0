/**
 * A Discord to test against: REST API v10 and Gateway over real sockets, with one bot. It refuses what Discord refuses,
 * holds every request against Discord's OpenAPI file, and misbehaves on command.
 *
 * @example
 * const discord = await startFakeDiscord();
 * const guild = discord.world.createGuild("Home");
 * const channel = discord.world.createChannel(guild.id, "general");
 * const mia = discord.world.createUser({ username: "mia", globalName: "Mia" });
 * discord.world.join(guild.id, mia.id);
 * discord.world.say(channel.id, mia.id, "Hello");
 */
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { controlRoutes } from "./control.ts";
import { Faults } from "./faults.ts";
import { GatewayConnection } from "./gateway/connection.ts";
import { GatewayFaults } from "./gateway/faults.ts";
import { CLOSE } from "./gateway/frames.ts";
import { type GatewayOptions, GatewayRoom } from "./gateway/room.ts";
import type { SessionView } from "./gateway/tally.ts";
import { decodeGraph, encodeGraph } from "./graph.ts";
import { Application } from "./interactions/application.ts";
import { CommandBook } from "./interactions/commands.ts";
import { InteractionFaults } from "./interactions/faults.ts";
import { InteractionRoom } from "./interactions/room.ts";
import type { InteractionState } from "./interactions/state.ts";
import { seededRandom } from "./random.ts";
import type { Report, Tally } from "./remote.ts";
import { restApp } from "./rest/app.ts";
import type { RestEnv } from "./rest/context.ts";
import { RestFaults } from "./rest/faults.ts";
import { Nonces } from "./rest/nonces.ts";
import { kind } from "./rest/profiles/index.ts";
import type { Profile } from "./rest/profiles/profile.ts";
import { RateLimits } from "./rest/rate-limits.ts";
import type { RecordedRequest, Violation } from "./rest/request.ts";
import { countEffect, emptyTally } from "./rest/tally.ts";
import type { NewUser } from "./state.ts";
import { Store, type StoreContents, type StoreEvent } from "./store.ts";
import { webClientRoutes } from "./web-client.ts";
import { World } from "./world.ts";

// Where tests run in workerd, vitest resolves packages as for a browser, in globalSetup too; `ws` has nothing for those.
const { WebSocketServer } = createRequire(import.meta.url)("ws") as typeof import("ws");

export interface FakeDiscordOptions extends Partial<GatewayOptions> {
  /** 0, the default, for any free one. */
  port?: number;
  /** Default: {@link FAKE_TOKEN}. */
  token?: string;
  bot?: NewUser;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Whether too many requests are refused; default `true`. */
  rateLimits?: boolean;
  /** How long an application has for its first answer to an interaction; default three seconds. */
  interactionDeadlineMs?: number;
  /** How long `enforce_nonce` remembers; default five minutes. */
  nonceMemoryMs?: number;
  /** Shards that `GET /gateway/bot` recommends; default 1. */
  shards?: number;
  /** How unkind it is by itself; default: `kind`. See `profileNamed`. */
  profile?: Profile;
  /** Of everything that is drawn: which requests faults meet, and how long resources rest. */
  seed?: number;
  /** How the latency of REST answers passes; default: as time does. For tests with a clock of their own. */
  sleep?: (ms: number) => Promise<unknown>;
  /** What another one held when it was saved: {@link FakeDiscord.save}. Its clock has to be behind this one's. */
  saved?: unknown;
}

export interface FakeDiscord {
  /** A page to read and write on as a person. */
  readonly clientUrl: string;
  /** For `DISCORD_API_BASE_URL`: `http://127.0.0.1:<port>/api/v10`. */
  readonly restUrl: string;
  /** What `GET /gateway/bot` answers: `ws://127.0.0.1:<port>/gateway`. */
  readonly gatewayUrl: string;
  readonly token: string;
  readonly world: World;
  readonly faults: Faults;
  /** REST requests so far, oldest first. */
  readonly requests: RecordedRequest[];
  /** What Discord's specification does not allow; empty for a good client. */
  readonly violations: Violation[];
  readonly tally: Tally;
  /** What it is like now; every figure that is measured here names it. */
  readonly profile: Profile;
  /** Gateway sessions, connected or resumable. */
  sessions(): SessionView[];
  /** Tells of everything that happens there, as it does. @returns what ends that */
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** All that is there as plain JSON: people, places, messages, interactions. Commands and sessions are not among it. */
  save(): unknown;
  close(): Promise<void>;
}

/** What is saved. */
interface SavedDiscord {
  contents: StoreContents;
  interactions: InteractionState[];
}

/** The bot's token where none is given; in the form of a real one. */
export const FAKE_TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Fake00.not-a-real-token-of-any-discord-bot-000";

/** Starts one on the loopback address. */
export async function startFakeDiscord(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const { token = FAKE_TOKEN, seed = 1, profile = kind } = options;
  const clock = options.now ?? Date.now;
  let advancedMs = 0;
  const now = () => clock() + advancedMs;
  const saved = options.saved === undefined ? undefined : (decodeGraph(options.saved) as SavedDiscord);
  const store = new Store({
    ...{ now, bot: options.bot ?? { username: "rig" } },
    ...(saved && { contents: saved.contents }),
  });
  const nonces = new Nonces(now, options.nonceMemoryMs ?? 300_000);
  for (const message of store.allMessages()) nonces.remember(message, store.createdAt(message.id));
  const random = seededRandom(seed);
  const restFaults = new RestFaults({ random, now, profile });
  const application = new Application(options.disallowedIntents ?? 0);
  const gatewayFaults = new GatewayFaults();
  const room = new GatewayRoom(store, gatewayOptions(options, token), gatewayFaults, application);
  const connections = new Set<GatewayConnection>();
  const requests: RecordedRequest[] = [];
  const violations: Violation[] = [];
  const interactionFaults = new InteractionFaults();
  const interactions = new InteractionRoom({
    store,
    application,
    commands: new CommandBook(store.bot.id, store.newId),
    faults: interactionFaults,
    violations,
    deadlineMs: options.interactionDeadlineMs ?? 3000,
  });
  interactions.add(saved?.interactions ?? []);
  const world = new World(store, interactions, (ms) => {
    advancedMs += ms;
  });
  const tally = { rest: emptyTally(), gateway: room.tally };
  const rateLimits =
    options.rateLimits === false
      ? null
      : new RateLimits({
          ...{ now, random, profile },
          guildOf: (channelId) => store.guildIdOf(channelId),
          onEffect: (name) => countEffect(tally.rest, name),
        });
  let gatewayUrl = "";

  const rest = restApp({
    state: {
      store,
      interactions,
      nonces,
      gatewayUrl: () => gatewayUrl,
      sessionStartLimit: () => ({
        total: room.options.sessionStarts,
        remaining: Math.max(0, room.options.sessionStarts - room.tally.identifies),
        reset_after: 86_400_000,
        max_concurrency: room.options.maxConcurrency,
      }),
      shards: options.shards ?? 1,
    },
    world,
    token,
    faults: restFaults,
    rateLimits,
    requests,
    violations,
    tally: tally.rest,
    sleep: options.sleep ?? delay,
    random,
  });
  const faults = new Faults({
    rest: restFaults,
    rateLimits,
    gateway: gatewayFaults,
    interactions: interactionFaults,
    room,
    connections,
  });
  const report = (): Report => ({ requests, violations, tally, sessions: room.sessions() });
  const forget = () => {
    requests.length = 0;
    violations.length = 0;
  };
  const app = new Hono<RestEnv>()
    .route("/api/v10", rest)
    .route("/", webClientRoutes(store))
    .route("/", controlRoutes({ world, faults, report, forget }))
    .get("/attachments/:channel/:id/:name", (c) => {
      const file = store.attachment(c.req.param("channel"), c.req.param("id"));
      if (file === undefined) return c.text("This content is no longer available.", 404);
      return c.body(file.bytes, 200, { "content-type": file.contentType });
    });

  const server = serve({
    fetch: app.fetch,
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    overrideGlobalObjects: false,
  }) as Server;
  // Who is about to use a connection again must not find it closed, however long the machine had other work.
  server.keepAliveTimeout = 0;
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake Discord has no port");
  const host = `127.0.0.1:${address.port}`;
  gatewayUrl = `ws://${host}/gateway`;
  room.resumeUrl = `ws://${host}/resume`;
  store.filesUrl = `http://${host}`;

  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", `http://${host}`);
    const isGateway = url.pathname === "/gateway" || url.pathname === "/resume";
    if (!isGateway || now() < gatewayFaults.refusedUntil) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      room.tally.connections += 1;
      room.tally.paths.push(url.pathname);
      const connection = new GatewayConnection(webSocket, room);
      connections.add(connection);
      webSocket.once("close", () => connections.delete(connection));
      const asksForOther = url.searchParams.get("v") !== "10" || url.searchParams.get("encoding") !== "json";
      if (asksForOther) connection.close(CLOSE.invalidApiVersion.code, CLOSE.invalidApiVersion.reason);
    });
  });

  return {
    clientUrl: `http://${host}/`,
    restUrl: `http://${host}/api/v10`,
    gatewayUrl,
    token,
    world,
    faults,
    requests,
    violations,
    tally,
    get profile() {
      return restFaults.profile;
    },
    sessions: () => room.sessions(),
    subscribe: (listener) => store.subscribe(listener),
    save: () => {
      // How they were delivered is nothing that anybody asks for again.
      const kept = interactions.all().map((state) => ({ ...state, request: null, answers: [] }));
      return encodeGraph({ contents: store.contents(), interactions: kept } satisfies SavedDiscord);
    },
    async close() {
      for (const connection of connections) connection.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function gatewayOptions(options: FakeDiscordOptions, token: string): GatewayOptions {
  return {
    token,
    heartbeatIntervalMs: options.heartbeatIntervalMs ?? 41_250,
    sessionKeptMs: options.sessionKeptMs ?? 180_000,
    replayLimit: options.replayLimit ?? 10_000,
    disallowedIntents: options.disallowedIntents ?? 0,
    minimumShards: options.minimumShards ?? 1,
    maxConcurrency: options.maxConcurrency ?? 1,
    identifyWindowMs: options.identifyWindowMs ?? 5000,
    sessionStarts: options.sessionStarts ?? 1000,
  };
}
