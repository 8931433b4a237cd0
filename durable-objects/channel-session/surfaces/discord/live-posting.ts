import type { Sleep } from "../../../../shared/time/sleep.ts";

/** How long the first text is given to become more, in milliseconds: a short answer then costs one request. */
const FIRST_MS = 400;
/** Time between two edits at the beginning, in milliseconds. */
const PACE_MS = 1_200;
/** Each edit waits so much longer than the one before. */
const SLOWER = 1.12;
const SLOWEST_MS = 20_000;
/** Edits of one answer; what comes after them is shown when the answer is complete. */
const MAX_EDITS = 30;

/** Milliseconds from one showing to the next. @param shown how many there were. */
export function paceMs(shown: number): number {
  if (shown === 0) return FIRST_MS;
  return Math.min(PACE_MS * SLOWER ** (shown - 1), SLOWEST_MS);
}

/** What is shown while it grows. */
export interface LivePostingOptions {
  /** Whether there is something to show that is not shown yet. */
  hasMore: () => boolean;
  /** Shows what there is now. @returns whether it makes sense to go on. */
  show: () => Promise<boolean>;
  sleep: Sleep;
  /** Fires when the answer is complete, or stopped. */
  over: AbortSignal;
}

/** Shows an answer as it grows, at Discord's pace rather than the model's. */
export class LivePosting {
  readonly #options: LivePostingOptions;
  #changed = Promise.withResolvers<void>();

  constructor(options: LivePostingOptions) {
    this.#options = options;
  }

  /** There may be more to show. */
  changed(): void {
    this.#changed.resolve();
  }

  /** Resolves when it is over, and nothing of it is under way any more. */
  async run(): Promise<void> {
    const { hasMore, show, sleep, over } = this.#options;
    over.addEventListener("abort", () => this.changed());
    for (let shown = 0; shown <= MAX_EDITS; ) {
      await this.#changed.promise;
      this.#changed = Promise.withResolvers<void>();
      if (over.aborted) return;
      if (!hasMore()) continue;
      await sleep(paceMs(shown), over);
      if (over.aborted || !(await show())) return;
      shown += 1;
    }
  }
}
