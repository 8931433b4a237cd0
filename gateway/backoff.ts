import { setTimeout as delay } from "node:timers/promises";

const FIRST_MS = 100;
/** An outage of the Worker is noticed to be over within this time. */
const LONGEST_MS = 3_000;

/** Milliseconds before another attempt, jittered; `attempt` is 1 after the first failure. */
export function backoffMs(attempt: number, random: () => number): number {
  const backoff = Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_MS);
  return backoff / 2 + random() * (backoff / 2);
}

/** Milliseconds that a server asks for, within the same bound; it is asked again rather than believed for hours. */
export function boundedMs(ms: number): number {
  return Math.min(ms, LONGEST_MS);
}

/** Waits `ms` milliseconds, or until `signal` fires, whichever comes first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
