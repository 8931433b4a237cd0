/** What goes wrong when interactions are delivered over HTTP, on command. */

export type InteractionFault = (
  | {
      /** The same request is sent twice at once; the first answer counts. */
      kind: "duplicate";
    }
  | {
      /** Signed by somebody else. The interaction fails when it is refused. */
      kind: "forged";
    }
  | {
      /** Signed well, but so long ago, or with a negative number in the future. */
      kind: "stale";
      byMs: number;
    }
  | {
      /** The answer takes so much longer on its way to Discord. */
      kind: "late";
      byMs: number;
    }
  | {
      /** The answer never reaches Discord. */
      kind: "lose-response";
    }
) & {
  /** How many deliveries it meets; absent: all, until `clear`. */
  times?: number;
};

/** The faults that wait. */
export class InteractionFaults {
  #waiting: { fault: InteractionFault; left: number }[] = [];

  inject(fault: InteractionFault): void {
    this.#waiting.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The fault that meets this delivery: the first that was injected and is not used up. */
  next(): InteractionFault | null {
    const entry = this.#waiting.find(({ left }) => left > 0);
    if (entry === undefined) return null;
    entry.left -= 1;
    return entry.fault;
  }
}
