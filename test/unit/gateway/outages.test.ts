/** Discord goes away and comes back: how soon the shard is there again, in a time of its own. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  IDENTIFY_SPACING_MS,
  type IdentifyThrottle,
  refreshThrottle,
  reserveIdentify,
} from "../../../shared/gateway/identify-throttle.ts";
import { initialState, nextTimer, step } from "../../../shared/gateway/session.ts";
import type { GatewayInput, GatewayOutput, GatewaySettings } from "../../../shared/gateway/state.ts";

const url = "wss://gateway.discord.gg";
const settings: GatewaySettings = {
  token: "bot-token",
  intents: 1,
  shard: [0, 1],
  properties: { os: "linux", browser: "rig-edge", device: "rig-edge" },
  forward: new Set(["READY"]),
  maxEvents: 100,
  maxBytes: 100_000,
};

/** How Discord refuses a shard that says who it is. */
type Refusal = "invalid" | "invalid, resumable" | "closed";
/** The wait that Discord advises after INVALID_SESSION, at its longest. */
const ADVISED_MS = 5_000;
/** An outage is noticed to be over within this time. */
const NOTICED_MS = 10_000;

/** A shard, and a Discord that is away until `backAt` and then answers as it is told. */
class Shard {
  now = 0;
  state = initialState;
  backAt = 0;
  answers: Refusal[] = [];
  identifiedAt: number[] = [];
  resumedAt: number[] = [];
  readonly #random: () => number;
  #throttle: IdentifyThrottle = refreshThrottle(
    null,
    { total: 100_000, remaining: 100_000, reset_after: 1e12, max_concurrency: 1 },
    0,
  );
  #sessions = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.tell({ type: "start", resume: null });
    this.runUntil(() => this.isReady);
    this.pass(60_000);
  }

  get isReady(): boolean {
    return this.state.connection.at === "ready";
  }

  /** The socket is gone, nobody answers for so long, and then Discord says these, one an attempt, and READY after them. */
  outage(ms: number, answers: readonly Refusal[]): void {
    this.backAt = this.now + ms;
    this.answers = [...answers];
    this.tell(gone(1006));
  }

  /** Lets time pass; heartbeats are acknowledged. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let due = nextTimer(this.state); due !== null && due <= until; due = nextTimer(this.state))
      this.#advance(due);
    this.now = until;
  }

  runUntil(condition: () => boolean): void {
    for (let timers = 0; !condition(); timers += 1) {
      const due = nextTimer(this.state);
      if (due === null || timers > 10_000) throw new Error(`stuck: ${JSON.stringify(this.state)}`);
      this.#advance(due);
    }
  }

  tell(input: GatewayInput): void {
    const { state, outputs } = step(this.state, input, { now: this.now, random: this.#random, settings });
    this.state = state;
    for (const output of outputs) {
      const reply = this.#carryOut(output);
      if (reply !== null) this.tell(reply);
    }
  }

  #advance(due: number): void {
    this.now = Math.max(this.now, due);
    this.tell({ type: "timer" });
  }

  /** What the host or Discord says to it. */
  #carryOut(output: GatewayOutput): GatewayInput | null {
    switch (output.do) {
      case "find-gateway":
        return { type: "gateway", url, identifyAt: this.now };
      case "reserve-identify": {
        const { throttle, at } = reserveIdentify(this.#throttle, 0, this.now);
        this.#throttle = throttle;
        return { type: "identify-slot", at };
      }
      case "connect":
        return this.now < this.backAt ? gone(1006) : frame({ op: 10, d: { heartbeat_interval: 40_000 } });
      case "send":
        return this.#answer(output.payload.op);
      default:
        return null;
    }
  }

  #answer(op: number): GatewayInput {
    if (op === 1) return frame({ op: 11 });
    (op === 2 ? this.identifiedAt : this.resumedAt).push(this.now);
    switch (this.answers.shift()) {
      case "invalid":
        return frame({ op: 9, d: false });
      case "invalid, resumable":
        return frame({ op: 9, d: true });
      case "closed":
        return gone(4000);
      default: {
        if (op !== 2) return frame({ op: 0, s: 2, t: "RESUMED", d: {} });
        this.#sessions += 1;
        const d = { session_id: `session-${this.#sessions}`, resume_gateway_url: url };
        return frame({ op: 0, s: 1, t: "READY", d });
      }
    }
  }
}

const frame = (payload: unknown): GatewayInput => ({ type: "frame", payload, bytes: 100 });
const gone = (code: number): GatewayInput => ({ type: "closed", code, reason: "" });

/** Numbers in [0, 1) that a counterexample shows. */
const dice = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 });
function roll(numbers: readonly number[]): () => number {
  let at = -1;
  return () => {
    at += 1;
    return numbers[at % numbers.length] ?? 0;
  };
}

/** After the first, each IDENTIFY may have to wait for its slot. */
const mostAfter = (invalid: number) =>
  NOTICED_MS + invalid * ADVISED_MS + Math.max(0, invalid - 1) * IDENTIFY_SPACING_MS;

describe("when Discord is back", () => {
  it("an outage that outlasted the session costs the notice of its end and what INVALID_SESSION asks, however long it was", () => {
    const outage = fc.integer({ min: 0, max: 60 * 60_000 });
    fc.assert(
      fc.property(outage, fc.integer({ min: 1, max: 20 }), dice, (ms, invalid, numbers) => {
        const shard = new Shard(roll(numbers));
        shard.outage(ms, Array<Refusal>(invalid).fill("invalid"));
        const began = shard.identifiedAt.length;
        shard.runUntil(() => shard.isReady);
        expect(shard.identifiedAt.length - began).toBe(invalid);
        expect(shard.now - shard.backAt).toBeLessThanOrEqual(mostAfter(invalid));
      }),
    );
  });

  it("no outage is paid for by the next, however quickly they follow each other", () => {
    const outages = fc.array(
      fc.record({
        ms: fc.integer({ min: 0, max: 5_000 }),
        between: fc.integer({ min: 5_000, max: 60_000 }),
        answers: fc.constantFrom<Refusal[]>([], ["invalid"], ["invalid, resumable"], ["closed"]),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(outages, dice, (all, numbers) => {
        const shard = new Shard(roll(numbers));
        for (const { ms, between, answers } of all) {
          shard.outage(ms, answers);
          shard.runUntil(() => shard.isReady);
          expect(shard.now - shard.backAt).toBeLessThanOrEqual(mostAfter(1));
          shard.pass(between);
        }
      }),
    );
  });

  it("four short ones in a row, of sessions that lived for moments only, end in no silence", () => {
    const shard = new Shard(() => 0.99);
    for (let outage = 0; outage < 4; outage += 1) {
      shard.outage(1_000, ["invalid"]);
      shard.runUntil(() => shard.isReady);
      expect(shard.now - shard.backAt).toBeLessThanOrEqual(mostAfter(1));
      shard.pass(1_000);
    }
  });

  it.each<Refusal>(["invalid", "invalid, resumable", "closed"])(
    "waits one to five seconds when it says %s after an outage",
    (refusal) => {
      for (const random of [0, 0.5, 0.999]) {
        const shard = new Shard(() => random);
        shard.outage(60_000, [refusal]);
        shard.runUntil(() => shard.resumedAt.length === 1);
        expect((nextTimer(shard.state) ?? 0) - shard.now).toBe(1_000 + random * 4_000);
      }
    },
  );
});

describe("a Discord that greets and lets nobody in", () => {
  it("is asked ever less often, so that a day's IDENTIFYs are not used up", () => {
    const shard = new Shard(() => 0.5);
    shard.outage(0, Array<Refusal>(100_000).fill("closed"));
    const from = shard.now;
    shard.runUntil(() => shard.now - from > 24 * 60 * 60_000);
    expect(shard.identifiedAt.length).toBeGreaterThan(100);
    expect(shard.identifiedAt.length).toBeLessThan(1_000);
  });

  it("is asked anew within seconds once a session has lasted again", () => {
    const shard = new Shard(() => 0.5);
    shard.outage(0, Array<Refusal>(20).fill("closed"));
    shard.runUntil(() => shard.isReady);
    shard.pass(10_000);
    shard.outage(0, ["closed"]);
    shard.runUntil(() => shard.isReady);
    expect(shard.now - shard.backAt).toBeLessThanOrEqual(ADVISED_MS + 1_000);
  });

  it("loses a session that it never lets go on, and no sooner than after seven refusals", () => {
    const shard = new Shard(() => 0.5);
    const began = shard.identifiedAt.length;
    shard.outage(0, Array<Refusal>(8).fill("invalid, resumable"));
    shard.runUntil(() => shard.isReady);
    expect(shard.resumedAt).toHaveLength(8);
    expect(shard.identifiedAt.length - began).toBe(1);
  });
});
