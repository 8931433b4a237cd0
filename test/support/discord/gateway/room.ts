/** All sessions of the Gateway, and what is allowed to begin one. */
import { randomUUID } from "node:crypto";
import type { Application } from "../interactions/application.ts";
import { guildDispatch } from "../payloads.ts";
import type { Store, StoreEvent } from "../store.ts";
import type { GatewayFaults } from "./faults.ts";
import { dispatchFor, isOfShard, isWanted, type Shard } from "./intents.ts";
import { GatewaySession, type Listener } from "./session.ts";
import type { GatewayTally, SessionView } from "./tally.ts";

export interface GatewayOptions {
  token: string;
  heartbeatIntervalMs: number;
  /** How long a session without a socket can be resumed. */
  sessionKeptMs: number;
  /** Dispatches that a session keeps for a resume. */
  replayLimit: number;
  /** Intents that the application may not use. */
  disallowedIntents: number;
  /** With fewer shards IDENTIFY ends with 4011. */
  minimumShards: number;
  /** IDENTIFYs that may happen within `identifyWindowMs`. */
  maxConcurrency: number;
  identifyWindowMs: number;
  /** IDENTIFYs of a day. */
  sessionStarts: number;
}

/** Close codes of a client that end its session: it says that it does not come back. */
const FINAL_CLIENT_CODES: ReadonlySet<number> = new Set([1000, 1001]);

export class GatewayRoom {
  readonly store: Store;
  readonly options: GatewayOptions;
  readonly faults: GatewayFaults;
  readonly #application: Application;
  readonly tally: GatewayTally = {
    connections: 0,
    paths: [],
    identifies: 0,
    earlyIdentifies: 0,
    resumes: 0,
    invalidSessions: 0,
    heartbeats: 0,
    strangeHeartbeats: 0,
    closes: [],
    rivals: 0,
  };
  /** Where sessions are resumed; a path of its own, so that one sees which URL a client has taken. */
  resumeUrl = "";
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #identifies = new Map<number, number>();

  constructor(store: Store, options: GatewayOptions, faults: GatewayFaults, application: Application) {
    this.store = store;
    this.options = options;
    this.faults = faults;
    this.#application = application;
    store.subscribe((event) => this.#distribute(event));
  }

  sessions(): SessionView[] {
    return [...this.#sessions.values()].map(({ id, shard, intents, isConnected, seq, resumes }) => ({
      id,
      shard,
      intents,
      isConnected,
      seq,
      resumes,
    }));
  }

  /** A session that can be resumed. */
  find(id: string): GatewaySession | null {
    const session = this.#sessions.get(id);
    if (session === undefined) return null;
    if (session.detachedAt === null || this.store.now() - session.detachedAt < this.options.sessionKeptMs)
      return session;
    this.#sessions.delete(id);
    return null;
  }

  /** Whether an IDENTIFY may happen now: one per `max_concurrency` key and window ("Session Start Limit Object"). */
  admitIdentify([index]: Shard): boolean {
    if (this.#meetsFault()) return false;
    const now = this.store.now();
    const key = index % this.options.maxConcurrency;
    const last = this.#identifies.get(key);
    if (last !== undefined && now - last < this.options.identifyWindowMs) {
      this.tally.earlyIdentifies += 1;
      return false;
    }
    if (this.tally.identifies >= this.options.sessionStarts) return false;
    this.#identifies.set(key, now);
    return true;
  }

  admitResume(): boolean {
    return !this.#meetsFault();
  }

  /** Begins a session: READY, and GUILD_CREATE for each guild of its shard. */
  open({ shard, intents }: { shard: Shard; intents: number }, listener: Listener): GatewaySession {
    const { store, options } = this;
    const rival = [...this.#sessions.values()].some(
      (other) => other.isConnected && sameShard(other.shard, shard),
    );
    if (rival) this.tally.rivals += 1;
    this.tally.identifies += 1;
    const id = randomUUID().replaceAll("-", "");
    const session = new GatewaySession({ id, shard, intents, replayLimit: options.replayLimit });
    this.#sessions.set(session.id, session);
    session.attach(listener);
    const guilds = [...store.guilds.values()].filter((guild) => isOfShard(guild.id, shard));
    session.dispatch("READY", {
      v: 10,
      user: { ...store.bot, verified: true, mfa_enabled: false, email: null },
      guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
      session_id: session.id,
      session_type: "normal",
      resume_gateway_url: this.resumeUrl,
      shard,
      application: { id: store.bot.id, flags: this.#application.flags },
      private_channels: [],
      relationships: [],
      presences: [],
      user_settings: {},
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      _trace: [],
    });
    for (const guild of guilds) {
      this.#offer(session, { t: "GUILD_CREATE", d: guildDispatch(store, guild), guildId: guild.id });
    }
    return session;
  }

  /** A socket is gone; its session waits, or ends when the client said so. */
  lost(session: GatewaySession, listener: Listener, code: number): void {
    const held = session.listener === listener;
    session.detach(listener, this.store.now());
    if (held && FINAL_CLIENT_CODES.has(code)) this.#sessions.delete(session.id);
  }

  /** Forgets sessions: nobody can resume them. With a socket or without. */
  expire(): void {
    this.#sessions.clear();
  }

  forget(session: GatewaySession): void {
    this.#sessions.delete(session.id);
  }

  #distribute(event: StoreEvent): void {
    const { channelId } = event;
    if (channelId !== undefined && !this.store.canSee(this.store.channel(channelId))) return;
    for (const session of this.#sessions.values()) this.#offer(session, event);
  }

  #offer(session: GatewaySession, event: StoreEvent): void {
    if (!isOfShard(event.guildId, session.shard) || !isWanted(event, session.intents)) return;
    const d = dispatchFor(event, session.intents, this.store.bot.id);
    session.dispatch(event.t, d);
    if (this.faults.duplicates <= 0) return;
    this.faults.duplicates -= 1;
    session.dispatch(event.t, d);
  }

  #meetsFault(): boolean {
    if (this.faults.invalidSessions <= 0) return false;
    this.faults.invalidSessions -= 1;
    return true;
  }
}

function sameShard(a: Shard, b: Shard): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
