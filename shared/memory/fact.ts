/** What an agent knows about a user. */

/** Longest fact, in UTF-16 code units. */
export const MAX_FACT = 500;

/** Something that is known about a user. Times are Unix milliseconds. */
export interface Fact {
  fact: string;
  /** 0 to 1. */
  confidence: number;
  /** How often it was told. */
  occurrences: number;
  createdAt: number;
  lastSeenAt: number;
}

/** A fact as it is told. */
export interface NewFact {
  /** 1 to {@link MAX_FACT} code units. */
  fact: string;
  /** 0 to 1. */
  confidence: number;
  /** Identity of the call that tells it: the same call counts once. */
  source?: string;
}
