/** Whatever Discord, the network and the Worker do in whatever order: what was sent arrives, in order, from the cursor. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  IDENTIFY_SPACING_MS,
  refreshThrottle,
  reserveIdentify,
} from "../../../shared/gateway/identify-throttle.ts";
import { initialState, nextTimer, step } from "../../../shared/gateway/session.ts";
import type { GatewayInput, GatewayOutput, GatewaySettings } from "../../../shared/gateway/state.ts";

const interval = 10_000;
const url = "wss://gateway.discord.gg";
const settings: GatewaySettings = {
  token: "bot-token",
  intents: 1,
  shard: [0, 1],
  properties: { os: "linux", browser: "rig-edge", device: "rig-edge" },
  forward: new Set(["READY", "MESSAGE_CREATE"]),
  maxEvents: 6,
  maxBytes: 100_000,
};

/** What may happen next. */
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("message" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: "typing" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("ack" as const), count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("wait" as const), timers: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("drop" as const),
      code: fc.constantFrom(1006, 1001, 4000, 4007, 4009),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "zombie" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "reconnect" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("invalid" as const), resumable: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("repeat" as const), back: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "garbage" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "crash" as const }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

interface Sent {
  op: 0;
  s: number;
  t: string;
  d: unknown;
}

/** Discord, the host and the Worker around one state machine, in a time of their own. */
class World {
  now = 0;
  state = initialState;
  /** Discord's side of each session: what it would replay. */
  sessions = new Map<string, Sent[]>();
  /** The session that the socket is bound to; `null` before IDENTIFY or RESUME. */
  live: string | null = null;
  /** The session that can be resumed. */
  valid: string | null = null;
  isOpen = false;
  isZombie = false;
  helloAt = 0;
  lastBeatAt = 0;
  identifiedAt: number[] = [];
  /** Delivered and not stored. */
  queue: { session: string; s: number }[] = [];
  /** Stored by the Worker, by session. */
  stored = new Map<string, number[]>();
  resumeOfWorker: { sessionId: string; resumeUrl: string; seq: number } | null = null;
  persisted: { sessionId: string; seq: number } | null = null;
  throttle = refreshThrottle(null, { total: 1000, remaining: 1000, reset_after: 1e9, max_concurrency: 1 }, 0);
  readonly #random: () => number;

  constructor(seed: number) {
    let x = seed || 1;
    this.#random = () => {
      x = (x * 48_271) % 2_147_483_647;
      // A multiple of a power of two, so that sums of times are exact.
      return Math.floor((x / 2_147_483_647) * 1024) / 1024;
    };
  }

  tell(input: GatewayInput): void {
    const before = this.state.connection.at;
    const { state, outputs } = step(this.state, input, { now: this.now, random: this.#random, settings });
    this.state = state;
    for (const output of outputs) this.#carryOut(output);
    if (before !== "stopped") expect(this.state.connection.at).not.toBe("stopped");
  }

  #carryOut(output: GatewayOutput): void {
    switch (output.do) {
      case "find-gateway":
        this.tell({ type: "gateway", url, identifyAt: this.now });
        return;
      case "reserve-identify": {
        const { throttle, at } = reserveIdentify(this.throttle, 0, this.now);
        this.throttle = throttle;
        this.tell({ type: "identify-slot", at });
        return;
      }
      case "connect":
        expect(this.isOpen).toBe(false);
        this.isOpen = true;
        this.isZombie = false;
        this.live = null;
        this.helloAt = this.now;
        this.lastBeatAt = this.now;
        this.tell({ type: "opened" });
        this.frame({ op: 10, d: { heartbeat_interval: interval } });
        return;
      case "send":
        this.#receive(output.payload);
        return;
      case "close":
        expect([1000, 1001]).not.toContain(output.code);
        this.isOpen = false;
        return;
      case "deliver":
        this.queue.push({ session: output.session.id, s: output.event.s });
        return;
      case "persist": {
        this.persisted = output.resume;
        return;
      }
      case "fatal":
        throw new Error(output.message);
      default:
        return;
    }
  }

  #receive(payload: { op: number; d: unknown }): void {
    expect(this.isOpen).toBe(true);
    if (payload.op === 1) {
      expect(this.now - this.lastBeatAt).toBeLessThanOrEqual(interval);
      this.lastBeatAt = this.now;
      if (!this.isZombie) this.frame({ op: 11 });
      return;
    }
    if (this.isZombie) return;
    if (payload.op === 2) {
      const last = this.identifiedAt.at(-1);
      if (last !== undefined) expect(this.now - last).toBeGreaterThanOrEqual(IDENTIFY_SPACING_MS);
      this.identifiedAt.push(this.now);
      const id = `session-${this.sessions.size + 1}`;
      this.live = id;
      this.valid = id;
      this.sessions.set(id, []);
      this.emit("READY", { session_id: id, resume_gateway_url: url });
      return;
    }
    const { session_id: id, seq } = payload.d as { session_id: string; seq: number };
    if (id !== this.valid) {
      this.frame({ op: 9, d: false });
      return;
    }
    const log = this.sessions.get(id) ?? [];
    // Nothing is skipped that the Worker does not have, but what this process still holds or nobody waits for.
    const needed = log.filter(({ s, t }) => s <= seq && settings.forward.has(t)).map(({ s }) => s);
    const held = this.queue.filter(({ session }) => session === id).map(({ s }) => s);
    expect([...(this.stored.get(id) ?? []), ...held]).toEqual(expect.arrayContaining(needed));
    this.live = id;
    for (const event of log.filter(({ s }) => s > seq)) {
      // What is said to a socket that was closed meanwhile is lost.
      if (this.live === id && this.isOpen) this.frame(event);
    }
    if (this.live === id && this.isOpen) this.emit("RESUMED", {});
  }

  frame(payload: unknown): void {
    if (this.isOpen) this.tell({ type: "frame", payload, bytes: 100 });
  }

  /** Discord's event: it is kept for a RESUME whether or not a socket is there to take it. */
  emit(t: string, d: unknown): void {
    const log = this.valid === null ? undefined : this.sessions.get(this.valid);
    if (log === undefined) return;
    const event: Sent = { op: 0, s: log.length + 1, t, d };
    log.push(event);
    if (this.live === this.valid && !this.isZombie) this.frame(event);
  }

  /** The Worker stores the first few of what is on its way. */
  ack(count: number): void {
    const taken = this.queue.slice(0, count);
    const session = taken[0]?.session;
    const batch = taken.filter((event) => event.session === session);
    const last = batch.at(-1);
    if (session === undefined || last === undefined) return;
    this.queue.splice(0, batch.length);
    const stored = this.stored.get(session) ?? [];
    this.stored.set(session, [...stored, ...batch.map(({ s }) => s)]);
    this.resumeOfWorker = { sessionId: session, resumeUrl: url, seq: last.s };
    this.tell({ type: "acked", sessionId: session, seq: last.s });
    this.#checkCursor();
  }

  /** Everything up to the cursor is stored, or of no interest. */
  #checkCursor(): void {
    if (this.persisted === null) return;
    const { sessionId, seq } = this.persisted;
    const log = this.sessions.get(sessionId) ?? [];
    const needed = log.filter(({ s, t }) => s <= seq && settings.forward.has(t)).map(({ s }) => s);
    expect(this.stored.get(sessionId) ?? []).toEqual(expect.arrayContaining(needed));
  }

  wait(): void {
    const due = nextTimer(this.state);
    if (due === null) return;
    this.now = Math.max(this.now, due);
    this.tell({ type: "timer" });
  }

  drop(code: number): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (code === 4007 || code === 4009) this.valid = null;
    this.tell({ type: "closed", code, reason: "" });
  }

  run(event: Happening): void {
    switch (event.do) {
      case "message":
        for (let index = 0; index < event.count; index += 1) this.emit("MESSAGE_CREATE", {});
        return;
      case "typing":
        this.emit("TYPING_START", {});
        return;
      case "ack":
        this.ack(event.count);
        return;
      case "wait":
        for (let index = 0; index < event.timers; index += 1) this.wait();
        return;
      case "drop":
        this.drop(event.code);
        return;
      case "zombie":
        this.isZombie = true;
        return;
      case "reconnect":
        this.frame({ op: 7 });
        return;
      case "invalid":
        if (this.isOpen && !event.resumable) this.valid = null;
        this.frame({ op: 9, d: event.resumable });
        return;
      case "repeat": {
        const log = this.live === null ? [] : (this.sessions.get(this.live) ?? []);
        for (const old of log.slice(-event.back)) if (!this.isZombie && old.t !== "READY") this.frame(old);
        return;
      }
      case "garbage":
        for (const payload of [undefined, null, { op: 0 }, { op: 0, s: "x", t: 1 }, { op: 77 }])
          this.frame(payload);
        return;
      case "crash":
        // The process dies; the next one has what the Worker has.
        this.isOpen = false;
        this.queue = [];
        this.persisted = this.resumeOfWorker;
        this.state = initialState;
        this.tell({ type: "start", resume: this.resumeOfWorker });
        return;
      default:
        event satisfies never;
    }
  }

  /** Nothing goes wrong any more, and everything is stored. */
  settle(): void {
    for (let round = 0; round < 200; round += 1) {
      this.ack(100);
      if (this.state.connection.at === "ready" && !this.isZombie && this.queue.length === 0) return;
      this.wait();
    }
    throw new Error(`never settled: ${JSON.stringify(this.state)}`);
  }
}

describe("a Gateway session under any interleaving", () => {
  it("delivers every event of a session that was not lost, in order, and identifies no more often than it may", () => {
    let resumed = 0;
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), fc.integer({ min: 1 }), (happenings, seed) => {
        const world = new World(seed);
        world.tell({ type: "start", resume: null });
        world.settle();
        for (const event of happenings) world.run(event);
        world.settle();
        const last = [...world.sessions.keys()].at(-1) ?? "";
        for (const [id, stored] of world.stored) {
          expect(stored, `order in ${id}`).toEqual([...new Set(stored)].sort((a, b) => a - b));
          const expected = (world.sessions.get(id) ?? [])
            .filter(({ t }) => settings.forward.has(t))
            .map(({ s }) => s);
          // Of a session that Discord took back, what it had delivered until then.
          if (id === last) expect(stored).toEqual(expected);
          else expect(stored).toEqual(expected.slice(0, stored.length));
        }
        if (world.identifiedAt.length === 1) resumed += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(resumed).toBeGreaterThan(50);
  });
});
