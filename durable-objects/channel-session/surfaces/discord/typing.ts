import type { Sleep } from "../../../../shared/time/sleep.ts";

/** An answer that is there by then, or has begun to be shown, needs no indicator: one request less. Milliseconds. */
const PATIENCE_MS = 1_500;
/** Discord shows the indicator for ten seconds (“Trigger Typing Indicator”). */
const RENEW_MS = 8_000;

/** What the indicator needs to know. */
export interface TypingOptions {
  /** Shows it once. @returns whether it makes sense to go on. */
  show: () => Promise<boolean>;
  /** When something of the answer was last on its way, in Unix milliseconds; that ends the indicator, and says as much. */
  postedAt: () => number;
  now: () => number;
  sleep: Sleep;
  /** Fires when the answer is there. */
  over: AbortSignal;
}

/** Shows that an answer is being worked on, until it is over. */
export async function keepTyping({ show, postedAt, now, sleep, over }: TypingOptions): Promise<void> {
  await sleep(PATIENCE_MS, over);
  while (!over.aborted) {
    const isFresh = now() - postedAt() < RENEW_MS;
    if (!isFresh && !(await show())) return;
    await sleep(RENEW_MS, over);
  }
}
