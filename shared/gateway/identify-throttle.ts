/**
 * When a shard may IDENTIFY (Discord, "Session Start Limit Object" and "Sharding", "Max Concurrency"): so many in a day,
 * and in 5 seconds one of each bucket `shard_id % max_concurrency`. Shared by the shards of one bot in a process.
 */
import type { APIGatewaySessionStartLimit } from "discord-api-types/v10";

/** Discord counts 5 seconds between two; what the network changes about their distance comes on top. */
export const IDENTIFY_SPACING_MS = 5_100;

/** Discord counts session starts by the day. */
const PERIOD_MS = 24 * 60 * 60 * 1000;

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

/** Shares of a period's session starts; whoever has no more left than that is told. */
const LOW_SHARES = [0.5, 0.2, 0.05, 0];

/** What is to be told of a throttle that was `earlier`: the least share that is no longer exceeded now and was then. */
export function budgetNews(earlier: IdentifyThrottle | null, later: IdentifyThrottle): number | null {
  const isBelow = ({ remaining, total }: IdentifyThrottle, share: number) => remaining <= total * share;
  const news = LOW_SHARES.filter((share) => isBelow(later, share) && !(earlier && isBelow(earlier, share)));
  return news.at(-1) ?? null;
}

/** The earliest time at which a shard can IDENTIFY as things stand; nothing is reserved. */
export function earliestIdentify(throttle: IdentifyThrottle, shardIndex: number, now: number): number {
  const { remaining, resetsAt, nextAt } = inPeriod(throttle, now);
  return Math.max(now, nextAt[bucketOf(throttle, shardIndex)] ?? now, remaining <= 0 ? resetsAt : now);
}

/** Reserves a slot: the shard sends its IDENTIFY at `at`, or not at all. */
export function reserveIdentify(
  throttle: IdentifyThrottle,
  shardIndex: number,
  now: number,
): { throttle: IdentifyThrottle; at: number } {
  const current = inPeriod(throttle, now);
  const at = earliestIdentify(current, shardIndex, now);
  // A slot after the reset is none of this period.
  const remaining = current.remaining - (at < current.resetsAt ? 1 : 0);
  const nextAt = { ...current.nextAt, [bucketOf(current, shardIndex)]: at + IDENTIFY_SPACING_MS };
  return { throttle: { ...current, remaining, nextAt }, at };
}

/** A day begins anew when the last one is over, until Discord is asked again. */
function inPeriod(throttle: IdentifyThrottle, now: number): IdentifyThrottle {
  if (now < throttle.resetsAt) return throttle;
  return { ...throttle, remaining: throttle.total, resetsAt: now + PERIOD_MS };
}

function bucketOf({ maxConcurrency }: IdentifyThrottle, shardIndex: number): number {
  return shardIndex % maxConcurrency;
}
