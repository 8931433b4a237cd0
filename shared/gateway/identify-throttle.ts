/**
 * When a shard may IDENTIFY (Discord, "Session Start Limit Object" and "Sharding", "Max Concurrency"): so many in a day,
 * and in 5 seconds one of each bucket `shard_id % max_concurrency`. Shared by the shards of one bot in a process.
 */
import type { APIGatewaySessionStartLimit } from "discord-api-types/v10";

/** Discord counts 5 seconds between two; what the network changes about their distance comes on top. */
export const IDENTIFY_SPACING_MS = 5_100;

export interface IdentifyThrottle {
  /** Session starts that are left until `resetsAt`. */
  remaining: number;
  /** Time of the caller's clock in milliseconds. */
  resetsAt: number;
  /** Session starts in a whole period. */
  total: number;
  maxConcurrency: number;
  /** By bucket, when the next may follow. */
  nextAt: Readonly<Record<number, number>>;
}

/** Takes over what `GET /gateway/bot` has said at the time `now`; slots that were reserved before it remain so. */
export function refreshThrottle(
  earlier: IdentifyThrottle | null,
  limit: APIGatewaySessionStartLimit,
  now: number,
): IdentifyThrottle {
  return {
    remaining: limit.remaining,
    resetsAt: now + limit.reset_after,
    total: limit.total,
    maxConcurrency: Math.max(1, limit.max_concurrency),
    nextAt: earlier?.nextAt ?? {},
  };
}

/** The earliest time at which a shard can IDENTIFY as things stand; nothing is reserved. */
export function earliestIdentify(throttle: IdentifyThrottle, shardIndex: number, now: number): number {
  const free = throttle.nextAt[bucketOf(throttle, shardIndex)] ?? now;
  const exhausted = throttle.remaining <= 0 && now < throttle.resetsAt;
  return Math.max(now, free, exhausted ? throttle.resetsAt : now);
}

/** Reserves a slot: the shard sends its IDENTIFY at `at`, or not at all. */
export function reserveIdentify(
  throttle: IdentifyThrottle,
  shardIndex: number,
  now: number,
): { throttle: IdentifyThrottle; at: number } {
  const at = earliestIdentify(throttle, shardIndex, now);
  const left = at >= throttle.resetsAt ? throttle.total : throttle.remaining;
  const nextAt = { ...throttle.nextAt, [bucketOf(throttle, shardIndex)]: at + IDENTIFY_SPACING_MS };
  return { throttle: { ...throttle, remaining: left - 1, nextAt }, at };
}

function bucketOf({ maxConcurrency }: IdentifyThrottle, shardIndex: number): number {
  return shardIndex % maxConcurrency;
}
