import type { Fact } from "./fact.ts";
import type { Pattern } from "./pattern.ts";

/** What was found in memory. */
export interface Recollection {
  facts: readonly Fact[];
  patterns: readonly Pattern[];
}
