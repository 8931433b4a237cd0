/**
 * Retries around one model call. The SDKs' own retries are switched off: they cannot tell a reader that the text so far
 * is void, and they do not cover a stream that breaks off.
 */
import type { Sleep } from "../time/sleep.ts";
import { type ModelEvent, ProviderError, type ProviderName } from "./provider.ts";

/** Attempts one call may take, the first included. */
export const MAX_ATTEMPTS = 4;
/** Most time one call may spend waiting between attempts, in milliseconds. */
export const MAX_TOTAL_WAIT_MS = 60_000;
/** A timeout already took the whole allowance of an attempt, so one more is all a user can be asked to wait for. */
const MAX_TIMEOUTS = 2;

const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 8_000;

/** What {@link withRetries} needs to know about a call. */
export interface RetriedCall {
  provider: ProviderName;
  /** Fired: the call ends at once with code `aborted`. */
  signal: AbortSignal;
  /** Longest one attempt may take from request to last event, in milliseconds. */
  timeoutMs: number;
  sleep: Sleep;
  /** Uniform in [0, 1). */
  random: () => number;
}

/** What decides whether a failed attempt is followed by another. */
export interface FailedAttempt {
  error: Pick<ProviderError, "code" | "retryAfterMs">;
  /** 1 for the first attempt. */
  attempt: number;
  /** Attempts of this call that timed out, this one included. */
  timeouts: number;
  /** What this call has waited so far, in milliseconds. */
  waitedMs: number;
}

/**
 * Milliseconds to wait before the next attempt, or `null` when the failure is final.
 *
 * A server's `retry-after` is never undercut; without one the wait doubles from half to one second up to eight, jittered
 * over its upper half. A wait that would exceed {@link MAX_TOTAL_WAIT_MS} is not begun.
 */
export function retryDelayMs(failed: FailedAttempt, random: () => number): number | null {
  const { error, attempt, timeouts, waitedMs } = failed;
  if (!isRetryable(error.code) || attempt >= MAX_ATTEMPTS || timeouts >= MAX_TIMEOUTS) return null;
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
  const delay =
    error.retryAfterMs === undefined
      ? backoff / 2 + random() * (backoff / 2)
      : // Spread out those who were all told the same time.
        error.retryAfterMs + random() * Math.min(1_000, error.retryAfterMs / 5);
  return waitedMs + delay > MAX_TOTAL_WAIT_MS ? null : Math.round(delay);
}

function isRetryable(code: ProviderError["code"]): boolean {
  switch (code) {
    case "rate_limited":
    case "overloaded":
    case "unavailable":
    case "stream_cut":
    case "timeout":
      return true;
    case "not_configured":
    case "needs_runner":
    case "authentication":
    case "permission":
    case "model_not_found":
    case "bad_request":
    case "context_too_long":
    case "aborted":
      return false;
    default:
      return code satisfies never;
  }
}

/**
 * Runs `attempt` until it completes, passing its events on; between attempts comes one `restart` event.
 *
 * @throws ProviderError of the last attempt, or with code `aborted` or `timeout`. What else an attempt throws is a bug and
 * is passed on as it is.
 */
export async function* withRetries(
  attempt: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  call: RetriedCall,
): AsyncGenerator<ModelEvent, void> {
  let waitedMs = 0;
  let timeouts = 0;
  for (let count = 1; ; count++) {
    const error = yield* runAttempt(attempt, call);
    if (error === null) return;
    if (error.code === "timeout") timeouts++;
    const waitMs = retryDelayMs({ error, attempt: count, timeouts, waitedMs }, call.random);
    if (waitMs === null) throw error;
    yield { type: "restart", attempt: count + 1, waitMs, reason: error.code };
    await call.sleep(waitMs, call.signal);
    waitedMs += waitMs;
  }
}

async function* runAttempt(
  attempt: (signal: AbortSignal) => AsyncIterable<ModelEvent>,
  call: RetriedCall,
): AsyncGenerator<ModelEvent, ProviderError | null> {
  if (call.signal.aborted) return aborted(call.provider);
  const stop = new AbortController();
  const abort = () => stop.abort();
  call.signal.addEventListener("abort", abort);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort();
  }, call.timeoutMs);
  try {
    yield* untilAborted(attempt(stop.signal), stop.signal);
    return null;
  } catch (error) {
    if (call.signal.aborted) return aborted(call.provider);
    if (timedOut)
      return new ProviderError("timeout", call.provider, `no complete answer in ${call.timeoutMs} ms`);
    if (error instanceof ProviderError) return error;
    throw error;
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener("abort", abort);
    // Whatever ended the attempt, its connection must not outlive it.
    stop.abort();
  }
}

/** Passes `source` on, and throws as soon as `signal` fires, even when the source does not listen to it. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const iterator = source[Symbol.asyncIterator]();
  const { promise: fired, reject } = Promise.withResolvers<never>();
  fired.catch(() => {});
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), fired]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a source that hangs would hold the abort back.
    iterator.return?.()?.then(undefined, () => {});
  }
}

function aborted(provider: ProviderName): ProviderError {
  return new ProviderError("aborted", provider, "the call was stopped");
}
