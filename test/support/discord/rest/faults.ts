/** What goes wrong with REST requests, on command. */

/** Which requests are met; each absent field meets all. */
export interface Matching {
  method?: string;
  /** A part of the path below `/api/v10`, e.g. `/typing`. */
  path?: string;
}

export type RestFault = (
  | {
      /** Answered with this status, nothing done. */
      kind: "status";
      status: number;
    }
  | {
      /** 429 without a cause. `scope: "shared"` is the one that does not count as invalid. */
      kind: "rate-limit";
      retryAfterMs: number;
      global?: boolean;
      scope?: "user" | "global" | "shared";
    }
  | {
      /** The connection is cut before anything is done. */
      kind: "cut";
    }
  | {
      /** Carried out, and then the connection is cut: the client cannot know. */
      kind: "lose-response";
    }
) & {
  matching?: Matching;
  /** How many requests pass before the first that it meets. */
  after?: number;
  /** How many requests it meets; absent: all, until `clear`. */
  times?: number;
  /** Which share of the requests it meets, 0 to 1, drawn with the seed of the fake. */
  share?: number;
};

/** The faults that wait. */
export class RestFaults {
  readonly #random: () => number;
  #waiting: { fault: RestFault; left: number; passing: number }[] = [];
  #latencyMs = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  inject(fault: RestFault): void {
    this.#waiting.push({
      fault,
      left: fault.times ?? Number.POSITIVE_INFINITY,
      passing: fault.after ?? 0,
    });
  }

  clear(): void {
    this.#waiting = [];
    this.#latencyMs = 0;
  }

  /** Milliseconds before each answer. */
  set latencyMs(latencyMs: number) {
    this.#latencyMs = latencyMs;
  }

  get latencyMs(): number {
    return this.#latencyMs;
  }

  /** The fault that meets this request: the first that was injected and is not used up. */
  next(method: string, path: string): RestFault | null {
    for (const entry of this.#waiting) {
      const { matching = {}, share } = entry.fault;
      if (entry.left <= 0) continue;
      if (matching.method !== undefined && matching.method !== method) continue;
      if (matching.path !== undefined && !path.includes(matching.path)) continue;
      if (share !== undefined && this.#random() >= share) continue;
      if (entry.passing > 0) {
        entry.passing -= 1;
        continue;
      }
      entry.left -= 1;
      return entry.fault;
    }
    return null;
  }
}
