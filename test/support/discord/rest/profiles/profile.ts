/** How unkind a Discord is by itself. */
import type { Bucket } from "../buckets.ts";
import type { RestFault } from "../fault.ts";

/** What a Discord does besides what every one does; plain data. */
export interface Profile {
  readonly name: string;
  /** Milliseconds before each answer. */
  readonly latencyMs?: number;
  /** Stand before the usual ones: the first whose route matches counts. */
  readonly buckets?: readonly Bucket[];
  readonly sharedLimits?: readonly SharedLimit[];
  /** What goes wrong by itself, by shares. Each has a name of its own. */
  readonly faults?: readonly (RestFault & { name: string })[];
  /** No answer of Discord's has a rate limit header. */
  readonly untold?: {
    /** Of the 429s, the share whose body does not say `retry_after` either, 0 to 1. */
    bodyShare: number;
  };
}

/**
 * A limit of a resource (scope `shared`): no header tells of it before it is exceeded, and the headers of the 429 are those of the
 * route's bucket, which has plenty left ("Example Exceeded Resource Rate Limit Response" in "Rate Limits").
 */
export interface SharedLimit {
  readonly name: string;
  /** Held against `METHOD /path`; its first group is a channel's id. */
  readonly route: RegExp;
  readonly per: "channel" | "guild";
  readonly requests: number;
  readonly windowMs: number;
  /** How long nothing is made of it then, in milliseconds; drawn between the two. */
  readonly restMs: readonly [least: number, most: number];
}

/** Names under which the tally counts what only some profiles do. */
export const EFFECTS = {
  latency: "latency",
  untoldHeaders: "429 without headers",
  untoldBody: "429 without retry_after",
} as const;

/** Everything that a profile does, by the names under which the tally counts it. */
export function effectsOf({
  latencyMs = 0,
  buckets = [],
  sharedLimits = [],
  faults = [],
  untold,
}: Profile): string[] {
  return [
    ...[...buckets, ...sharedLimits, ...faults].map(({ name }) => name),
    ...(latencyMs > 0 ? [EFFECTS.latency] : []),
    ...(untold ? [EFFECTS.untoldHeaders] : []),
    ...(untold && untold.bodyShare > 0 ? [EFFECTS.untoldBody] : []),
  ];
}

/** All of them at once: the longest latency, everything else of each. */
export function combine(profiles: readonly Profile[]): Profile {
  const untold = profiles.findLast((profile) => profile.untold !== undefined)?.untold;
  return {
    name: profiles.map(({ name }) => name).join("+"),
    latencyMs: Math.max(0, ...profiles.map(({ latencyMs = 0 }) => latencyMs)),
    buckets: profiles.flatMap(({ buckets = [] }) => buckets),
    sharedLimits: profiles.flatMap(({ sharedLimits = [] }) => sharedLimits),
    faults: profiles.flatMap(({ faults = [] }) => faults),
    ...(untold ? { untold } : {}),
  };
}
