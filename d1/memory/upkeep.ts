/** What facts and patterns have in common in SQL: to be told again, to fade, to make room. */
import { and, eq, lt, type SQL, sql } from "drizzle-orm";
import type { facts, patterns } from "../schema.ts";

type MemoryTable = typeof facts | typeof patterns;

/** Most rows that one write deletes because their retention has run out. */
const PURGED_AT_ONCE = 100;

/** How many milliseconds of age full confidence makes up for when room is needed. */
const CONFIDENCE_COUNTS_AS = 90 * 86_400_000;

/** When something is told, and what is old by then; Unix milliseconds. */
export interface MemoryClock {
  now: number;
  /** What was told last before this is forgotten, deleted or not. See `retainedSince`. */
  since: number;
}

/** What an upsert changes when the thing is known: half of the remaining doubt goes. */
export function toldAgain({ confidence, occurrences, lastSeenAt }: MemoryTable) {
  const least = sql`max(${confidence}, excluded.confidence)`;
  return {
    confidence: sql`${least} + (1 - ${least}) / 2`,
    occurrences: sql`${occurrences} + 1`,
    lastSeenAt: sql`max(${lastSeenAt}, excluded.last_seen_at)`,
    source: sql`excluded.source`,
  };
}

/** Whether an upsert comes from another call than the one that told it last. Calls without a source all differ. */
export function isAnotherCall({ source }: MemoryTable): SQL {
  return sql`(excluded.source is null or ${source} is not excluded.source)`;
}

/** Rows of an agent whose retention has run out. */
export function isExpired(table: MemoryTable, agent: string, since: number): SQL | undefined {
  return and(eq(table.agent, agent), lt(table.lastSeenAt, since));
}

/** At most {@link PURGED_AT_ONCE} of {@link isExpired}: what a write can clean up in passing. */
export function isExpiredBatch(table: MemoryTable, agent: string, since: number): SQL {
  return sql`rowid in (select rowid from ${table} where ${isExpired(table, agent, since)} limit ${PURGED_AT_ONCE})`;
}

/**
 * Rows of `scope` beyond the `limit` that are worth most. What is surer and what was told later is worth more; full
 * confidence makes up for 90 days.
 *
 * @param limit rows that may stay.
 */
export function isSurplus(table: MemoryTable, scope: SQL | undefined, limit: number): SQL {
  const worth = sql`${table.lastSeenAt} + ${table.confidence} * ${CONFIDENCE_COUNTS_AS}`;
  return sql`rowid in (select rowid from ${table} where ${scope} order by ${worth} desc limit -1 offset ${limit})`;
}
