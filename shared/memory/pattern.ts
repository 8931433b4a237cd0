/** What an agent has learned about things. */

export type PatternData = Record<string, unknown>;

/** Longest entity and longest type, in UTF-16 code units. */
export const MAX_PATTERN_NAME = 100;

/** Longest data of a pattern, in UTF-16 code units of JSON. */
export const MAX_PATTERN_DATA = 1_000;

/** What a pattern is known by, unique for each agent. Case and white space do not matter. */
export interface PatternName {
  /** What it is about, e.g. `repo:owner/name`; 1 to {@link MAX_PATTERN_NAME} code units. */
  entity: string;
  /** What kind of thing was learned; 1 to {@link MAX_PATTERN_NAME} code units. */
  type: string;
}

/** Something that was learned. Times are Unix milliseconds. */
export interface Pattern extends PatternName {
  data: PatternData;
  /** 0 to 1. */
  confidence: number;
  /** How often it was told. */
  occurrences: number;
  createdAt: number;
  lastSeenAt: number;
}

/** A pattern as it is told. */
export interface NewPattern extends PatternName {
  /** At most {@link MAX_PATTERN_DATA} code units of JSON. */
  data: PatternData;
  /** 0 to 1. */
  confidence: number;
  /** Identity of the call that tells it: the same call counts once. */
  source?: string;
}
