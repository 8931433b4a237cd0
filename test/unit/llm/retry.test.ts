import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ModelEvent, ProviderError, type ProviderErrorCode } from "../../../shared/llm/provider.ts";
import {
  MAX_ATTEMPTS,
  MAX_TOTAL_WAIT_MS,
  type RetriedCall,
  retryDelayMs,
  withRetries,
} from "../../../shared/llm/retry.ts";
import { failure } from "./call.ts";

const retryable = ["rate_limited", "overloaded", "unavailable", "stream_cut", "timeout"] as const;
const final = [
  "not_configured",
  "needs_runner",
  "authentication",
  "permission",
  "model_not_found",
  "bad_request",
  "context_too_long",
  "aborted",
] as const;

const anyCode = fc.constantFrom<ProviderErrorCode>(...retryable, ...final);
/** Even over [0, 1): fast-check's own doubles are hardly ever above 0.1. */
const anyRandom = fc.noBias(fc.nat(2 ** 20 - 1)).map((n) => n / 2 ** 20);
/** Within what a call may wait, and beyond it. */
const anyRetryAfter = fc.oneof(
  fc.constant(undefined),
  fc.nat(2_000),
  fc.nat(MAX_TOTAL_WAIT_MS),
  fc.nat(200_000),
);
const failedAttempt = fc.record({
  error: fc.record({ code: anyCode, retryAfterMs: anyRetryAfter }),
  attempt: fc.integer({ min: 1, max: 6 }),
  timeouts: fc.integer({ min: 0, max: 3 }),
  waitedMs: fc.oneof(fc.nat(5_000), fc.nat(MAX_TOTAL_WAIT_MS)),
});

describe("retryDelayMs", () => {
  it("never undercuts what the server asks for", () => {
    fc.assert(
      fc.property(fc.constantFrom(...retryable), fc.nat(45_000), anyRandom, (code, retryAfterMs, random) => {
        const error = { code, retryAfterMs };
        const delay = retryDelayMs({ error, attempt: 1, timeouts: 0, waitedMs: 0 }, () => random);
        expect(delay).toBeGreaterThanOrEqual(retryAfterMs);
        expect(delay).toBeLessThanOrEqual(retryAfterMs + 1_000);
      }),
    );
  });

  it("never exceeds what a call may wait, nor how often it may be tried", () => {
    fc.assert(
      fc.property(failedAttempt, anyRandom, (failed, random) => {
        const delay = retryDelayMs(failed, () => random);
        if (delay === null) return;
        expect(delay).toBeGreaterThanOrEqual(failed.error.retryAfterMs ?? 0);
        expect(failed.waitedMs + delay).toBeLessThanOrEqual(MAX_TOTAL_WAIT_MS);
        expect(failed.attempt).toBeLessThan(MAX_ATTEMPTS);
      }),
      { numRuns: 1_000 },
    );
  });

  it("makes the last attempt that a call may take, and none after it", () => {
    const after = (attempt: number) =>
      retryDelayMs(
        { error: { code: "overloaded", retryAfterMs: 0 }, attempt, timeouts: 0, waitedMs: 0 },
        () => 0,
      );
    expect([MAX_ATTEMPTS - 1, MAX_ATTEMPTS].map(after)).toEqual([0, null]);
  });

  it("ends every call, whatever the server answers", () => {
    const error = fc.record({
      code: fc.constantFrom(...retryable),
      retryAfterMs: fc.oneof(fc.constant(undefined), fc.nat(2_000)),
    });
    fc.assert(
      fc.property(fc.array(error, { minLength: 10 }), anyRandom, (errors, random) => {
        let waitedMs = 0;
        let timeouts = 0;
        const attempts = errors.findIndex((error, index) => {
          if (error.code === "timeout") timeouts++;
          const delay = retryDelayMs({ error, attempt: index + 1, timeouts, waitedMs }, () => random);
          waitedMs += delay ?? 0;
          return delay === null;
        });
        expect(attempts).toBeGreaterThanOrEqual(0);
        expect(attempts).toBeLessThan(MAX_ATTEMPTS);
      }),
    );
  });

  it.each(final)("never repeats what cannot get better: %s", (code) => {
    expect(
      retryDelayMs({ error: { code, retryAfterMs: 1 }, attempt: 1, timeouts: 0, waitedMs: 0 }, () => 0),
    ).toBeNull();
  });

  it("waits longer each time", () => {
    const delays = [1, 2, 3].map((attempt) =>
      retryDelayMs(
        { error: { code: "overloaded", retryAfterMs: undefined }, attempt, timeouts: 0, waitedMs: 0 },
        () => 0.5,
      ),
    );
    expect(delays).toEqual([750, 1500, 3000]);
  });
});

describe("withRetries", () => {
  const text = (value: string): ModelEvent => ({ type: "text", text: value });
  const call = (more: Partial<RetriedCall> = {}): RetriedCall => ({
    provider: "anthropic",
    signal: new AbortController().signal,
    timeoutMs: 5_000,
    sleep: async () => {},
    random: () => 0,
    ...more,
  });
  async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
    const all: ModelEvent[] = [];
    for await (const event of events) all.push(event);
    return all;
  }

  it("passes on what an attempt throws by mistake, and does not repeat it", async () => {
    let attempts = 0;
    const error = await failure(
      collect(
        // biome-ignore lint/correctness/useYield: an attempt that fails before its first event
        withRetries(async function* () {
          attempts++;
          throw new TypeError("a bug");
        }, call()),
      ),
    );
    expect(error).toBeInstanceOf(TypeError);
    expect(attempts).toBe(1);
  });

  it("ends at once when it is stopped, even if the attempt does not listen", async () => {
    const stop = new AbortController();
    const deaf = withRetries(
      async function* () {
        yield text("one");
        await new Promise(() => {});
      },
      call({ signal: stop.signal }),
    );
    await deaf.next();
    const next = deaf.next();
    stop.abort();
    expect(await failure(next)).toMatchObject({ code: "aborted" });
  });

  it("stops the attempt when nobody reads on", async () => {
    let attemptSignal: AbortSignal | undefined;
    const events = withRetries(async function* (signal) {
      attemptSignal = signal;
      yield text("one");
      yield text("two");
    }, call());
    for await (const _ of events) break;
    expect(attemptSignal?.aborted).toBe(true);
  });

  it("tells the number of the attempt that follows", async () => {
    let attempts = 0;
    const events = await collect(
      withRetries(async function* () {
        attempts++;
        yield text(`try ${attempts}`);
        if (attempts < 3) throw new ProviderError("stream_cut", "anthropic", "cut");
      }, call()),
    );
    expect(events).toEqual([
      text("try 1"),
      { type: "restart", attempt: 2, waitMs: 500, reason: "stream_cut" },
      text("try 2"),
      { type: "restart", attempt: 3, waitMs: 1000, reason: "stream_cut" },
      text("try 3"),
    ]);
  });
});
