import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { botToken, type SmallDiscord, startDiscord } from "./small-discord.ts";
import { bridgeSecret, type SmallWorker, startWorker, ttlSeconds } from "./small-worker.ts";

/** How long a condition may take to come true on a busy machine; nothing is promised about it. */
const patience = { timeout: 30_000, interval: 20 };

let discord: SmallDiscord;
let worker: SmallWorker;
const pods: ChildProcess[] = [];

beforeEach(async () => {
  [discord, worker] = await Promise.all([startDiscord(), startWorker()]);
});
afterEach(async () => {
  for (const pod of pods.splice(0)) pod.kill("SIGKILL");
  await Promise.all([discord.close(), worker.close()]);
});

interface Pod {
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: string | null }>;
  kill(signal: NodeJS.Signals): void;
  output(): string;
  get(path: string): Promise<{ status: number; text: string }>;
}

/** Runs `node gateway/main.ts`. */
function startPod(gateway: string, env: Record<string, string> = {}): Pod {
  const child = spawn(process.execPath, ["gateway/main.ts"], {
    cwd: new URL("../../../", import.meta.url),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      RIG_AGENT: "dev-e",
      RIG_WORKER_URL: worker.url,
      BRIDGE_SECRET: bridgeSecret,
      DISCORD_BOT_TOKEN: botToken,
      DISCORD_API_BASE_URL: discord.apiBaseUrl,
      RIG_GATEWAY_ID: gateway,
      PORT: "0",
      ...env,
    },
  });
  pods.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const get = async (path: string) => {
    const port = await vi.waitFor(() => {
      const found = /"event":"gateway.listening".*?"port":(\d+)/.exec(output)?.[1];
      if (found === undefined) throw new Error(`not started:\n${output}`);
      return found;
    }, patience);
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { ended, kill: (signal) => child.kill(signal), output: () => output, get };
}

const until = (condition: () => unknown) => vi.waitFor(condition, patience);
const isReady = (pod: Pod) => until(async () => expect((await pod.get("/readyz")).status).toBe(200));
/** Connected, and the Worker knows the session. */
async function hasBegun(pod: Pod): Promise<void> {
  await isReady(pod);
  await until(() => expect(worker.stored).toHaveLength(1));
}

let written = 0;
/** Sends messages; returns their ids. */
function write(count: number): string[] {
  return Array.from({ length: count }, () => {
    written += 1;
    discord.emit("MESSAGE_CREATE", { id: String(written), channel_id: "7", content: "hello" });
    return String(written);
  });
}
const storedMessages = () =>
  worker.stored.flatMap(({ t, d }) => (t === "MESSAGE_CREATE" ? [(d as { id: string }).id] : []));
const allStored = (ids: readonly string[]) => until(() => expect(storedMessages()).toEqual(ids));

describe("the gateway pod", () => {
  it("hands on what the Worker wants, in order and trimmed, and never the bot token", async () => {
    const pod = startPod("a");
    await isReady(pod);
    discord.emit("GUILD_CREATE", {
      id: "5",
      name: "guild",
      members: [{ user: { id: "9" } }],
      channels: [{ id: "7", type: 0, name: "general", topic: "trimmed" }],
      threads: [],
    });
    discord.emit("TYPING_START", { channel_id: "7" });
    const ids = write(250);
    await allStored(ids);
    const [ready, guild] = worker.stored;
    expect(ready).toMatchObject({ s: 1, t: "READY", d: { user: { id: "1", username: "rig" } } });
    expect(ready?.d).not.toHaveProperty("user.email");
    const channels = [{ id: "7", type: 0, name: "general" }];
    expect(guild).toMatchObject({ s: 2, d: { id: "5", name: "guild", channels, threads: [] } });
    expect(guild?.d).not.toHaveProperty("members");
    expect(worker.stored.map(({ t }) => t)).not.toContain("TYPING_START");
    expect(discord.received.identifies).toMatchObject([{ intents: 37_377, shard: [0, 1] }]);

    const metrics = (await pod.get("/metrics")).text;
    expect(metrics).toContain('rig_gateway_events_total{shard="0",type="MESSAGE_CREATE"} 250\n');
    expect(metrics).toMatch(/# HELP rig_gateway_connected .+\n# TYPE rig_gateway_connected gauge\n/);
    expect(metrics).toContain('rig_gateway_connected{shard="0"} 1\n');
    expect(worker.transcript.length).toBeGreaterThan(3);
    expect(worker.transcript.join("\n")).not.toContain(botToken);
    expect(pod.output()).not.toContain(botToken);
    expect(pod.output()).not.toContain('"level":"debug"');
  });

  it("tells of one message by its trace, where its log is asked for details", async () => {
    const pod = startPod("a", { RIG_LOG_LEVEL: "debug" });
    await hasBegun(pod);
    const [id = ""] = write(1);
    const told = () =>
      pod
        .output()
        .split("\n")
        .filter((line) => line.includes(`"trace":"discord:${id}"`))
        .map((line) => JSON.parse(line) as { level: string; event: string });
    await until(() => expect(told().at(-1)).toMatchObject({ event: "event.stored" }));
    const common = { level: "debug", agent: "dev-e", gateway: "a", shard: "0/1", type: "MESSAGE_CREATE" };
    expect(told()).toEqual(
      ["event.received", "event.stored"].map((event) => expect.objectContaining({ ...common, event })),
    );
    expect(pod.output()).not.toContain(botToken);
  });

  it("loses nothing to a kill -9: the next one resumes from what the Worker has", async () => {
    const first = startPod("a");
    await isReady(first);
    const before = write(20);
    await allStored(before);
    worker.intercept = (path) => (path.endsWith("/events") ? new Promise(() => {}) : null);
    const lost = write(20);
    first.kill("SIGKILL");
    await first.ended;
    const meanwhile = write(20);
    worker.intercept = null;
    const second = startPod("b");
    await allStored([...before, ...lost, ...meanwhile]);
    expect(discord.received.resumes).toEqual([{ session_id: "session-1", seq: 21 }]);
    expect(discord.received.identifies).toHaveLength(1);
    await isReady(second);
  });

  it("flushes on SIGTERM, gives the lease back, and leaves a session that can be resumed", async () => {
    const pod = startPod("a");
    await hasBegun(pod);
    const { promise: held, resolve: letGo } = Promise.withResolvers<null>();
    worker.intercept = (path) => (path.endsWith("/events") ? held : null);
    const ids = write(150);
    await until(async () =>
      expect((await pod.get("/metrics")).text).toContain('rig_gateway_unacked{shard="0"} 150\n'),
    );
    pod.kill("SIGTERM");
    await until(() => expect(discord.closes).toEqual([4200]));
    expect(storedMessages()).toEqual([]);
    letGo(null);
    expect(await pod.ended).toEqual({ code: 0, signal: null });
    expect(storedMessages()).toEqual(ids);
    expect(worker.releases).toEqual(["a"]);
  });

  it("stands by while another holds the lease, and takes over within TTL + 2 s of its death", async () => {
    const first = startPod("a");
    await isReady(first);
    const second = startPod("b");
    await until(async () => expect((await second.get("/readyz")).text).toContain('"standby"'));
    expect((await second.get("/readyz")).status).toBe(200);
    expect(discord.connections()).toBe(1);
    const before = write(30);
    await allStored(before);
    first.kill("SIGKILL");
    const died = Date.now();
    const after = write(30);
    await until(() => expect(worker.holder()).toBe("b"));
    expect(Date.now() - died).toBeLessThan((ttlSeconds + 2) * 1000);
    await allStored([...before, ...after]);
    expect(discord.received.identifies).toHaveLength(1);
  });

  it("stops reading as soon as another gateway has the lease, and comes back as a standby", async () => {
    const pod = startPod("a");
    await hasBegun(pod);
    const fenced = { status: 409, body: { error: "fenced", message: "" } };
    const held = { status: 409, body: { holder: "z", retryAfterSeconds: 1 } };
    worker.intercept = (_path, batch) => (batch ? fenced : held);
    const ids = write(3);
    await until(() => expect(discord.closes).toEqual([4200]));
    await until(async () => expect((await pod.get("/readyz")).text).toContain('"standby"'));
    expect(discord.connections()).toBe(0);
    worker.intercept = null;
    await allStored(ids);
  });

  it("outlasts an absence of the Worker that is longer than its lease", async () => {
    const pod = startPod("a");
    await hasBegun(pod);
    worker.intercept = () => ({
      status: 503,
      body: { error: { code: "away", message: "The Worker is away." } },
    });
    const ids = write(40);
    await until(() => expect(worker.holder()).toBeNull());
    await until(async () => {
      expect(discord.closes).toContain(4200);
      expect((await pod.get("/readyz")).text).toContain("The Worker is away.");
    });
    ids.push(...write(40));
    worker.intercept = null;
    await allStored(ids);
    await isReady(pod);
  });

  it("goes on where it was when Discord drops the socket", async () => {
    const pod = startPod("a");
    await isReady(pod);
    const ids = write(5);
    for (const code of [4000, 1011, 4008]) {
      await allStored(ids);
      discord.drop(code);
      await until(() => expect(discord.connections()).toBe(0));
      ids.push(...write(5));
    }
    await allStored(ids);
    expect(discord.received.identifies).toHaveLength(1);
    expect((await pod.get("/metrics")).text).toContain(
      'rig_gateway_reconnects_total{shard="0",reason="closed"} 3\n',
    );
  });

  it("sends less at once when the Worker finds a batch too large", async () => {
    const pod = startPod("a");
    await isReady(pod);
    worker.intercept = (_path, batch) =>
      batch && batch.events.length > 10 ? { status: 413, body: {} } : null;
    await allStored(write(120));
    expect(Math.max(...worker.batches)).toBeGreaterThan(1);
    expect(Math.max(...worker.batches)).toBeLessThanOrEqual(10);
  });

  it("says that the Worker does not believe it, and goes on when the secrets fit", async () => {
    worker.secrets = ["another"];
    const pod = startPod("a");
    await until(async () => {
      const { status, text } = await pod.get("/readyz");
      expect(status).toBe(503);
      expect(text).toContain("unauthorized: 401 X-Rig-Signature does not fit");
    });
    expect((await pod.get("/healthz")).status).toBe(200);
    worker.secrets = ["another", bridgeSecret];
    await isReady(pod);
  });

  it.each([
    ["an intent is not allowed", 4014, {}, "Message Content Intent"],
    ["the token is wrong", null, { DISCORD_BOT_TOKEN: "another" }, "DISCORD_BOT_TOKEN"],
  ])("stays and says what to do when %s, and does not try again", async (_why, code, env, advice) => {
    if (code !== null) discord.refuse(code);
    const pod = startPod("a", env);
    await until(async () => {
      const { status, text } = await pod.get("/readyz");
      expect(status).toBe(503);
      expect(text).toContain(advice);
    });
    expect(discord.received.identifies.length).toBeLessThanOrEqual(1);
    expect((await pod.get("/healthz")).status).toBe(200);
    expect(worker.holder()).toBeNull();
    pod.kill("SIGTERM");
    expect(await pod.ended).toEqual({ code: 0, signal: null });
  });

  it.each([
    [429, { "Retry-After": "3600" }, "retry-after", "rate limited (429); asked again in 3"],
    [401, {}, "network-refusal", "the network in between refuses, not Discord (401)"],
  ])(
    "says what it waits for when a page with %i stands in Discord's place",
    async (status, headers, cause, says) => {
      discord.edge = { status, headers, body: "<!doctype html> error code: 1015" };
      const pod = startPod("a");
      await until(async () => {
        const { status, text } = await pod.get("/readyz");
        expect(status).toBe(503);
        expect(text).toContain(says);
        expect((await pod.get("/metrics")).text).toContain(
          `rig_gateway_not_ready{shard="start",cause="${cause}"} 1\n`,
        );
      });
      if (status === 429) return expect(discord.lookups()).toBe(1);
      discord.edge = null;
      await isReady(pod);
      expect((await pod.get("/metrics")).text).toContain(
        `rig_gateway_not_ready{shard="start",cause="${cause}"} 0\n`,
      );
      expect((await pod.get("/metrics")).text).toMatch(/\nrig_gateway_identifies_remaining 999\n/);
    },
  );

  it("refuses to start with a wrong environment, and names all that is wrong", async () => {
    const pod = startPod("a", { RIG_AGENT: "", RIG_SHARDS: "4/4", PORT: "http" });
    expect(await pod.ended).toEqual({ code: 2, signal: null });
    for (const name of ["RIG_AGENT", "RIG_SHARDS", "PORT"]) expect(pod.output()).toContain(`${name}: `);
  });
});
