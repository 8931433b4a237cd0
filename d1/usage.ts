/** The usage ledger in D1. */
import { and, asc, eq, gte, lt, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { usage } from "./schema.ts";

/** One model call. */
export type LedgerRow = typeof usage.$inferInsert;

/** What sums can be made by. `day` is the UTC day. */
export const usageGroups = ["agent", "model", "day"] as const;

export type UsageGroup = (typeof usageGroups)[number];

/** Which calls are summed, and how. */
export interface UsageQuery {
  agent?: string | undefined;
  model?: string | undefined;
  /** Unix milliseconds; the first that counts. */
  from: number;
  /** Unix milliseconds; the first that no longer counts. */
  until: number;
  by: readonly UsageGroup[];
}

/** Sums over calls. */
export interface UsageSum {
  agent?: string;
  model?: string;
  /** `2026-11-21` */
  day?: string;
  calls: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  /** US dollars of the calls whose price is known. */
  usd: number;
  /** Calls whose price is unknown; they are in no sum of dollars. */
  unpricedCalls: number;
}

/** Writes calls into the ledger, all or none; one that is there already stays as it is. */
export async function recordUsage(db: DrizzleD1Database, rows: readonly LedgerRow[]): Promise<void> {
  const [first, ...rest] = rows.map((row) => db.insert(usage).values(row).onConflictDoNothing());
  if (first) await db.batch([first, ...rest]);
}

const groupColumns = {
  agent: usage.agent,
  model: usage.model,
  day: sql<string>`strftime('%Y-%m-%d', ${usage.at} / 1000, 'unixepoch')`.as("day"),
};

/** Sums the ledger, one row for each group, in the order of `by`. */
export async function sumUsage(
  db: DrizzleD1Database,
  { agent, model, from, until, by }: UsageQuery,
): Promise<UsageSum[]> {
  const groups = Object.fromEntries(by.map((group) => [group, groupColumns[group]]));
  const order: SQL[] = by.map((_, index) => asc(sql.raw(String(index + 1))));
  const sums = await db
    .select({
      ...groups,
      calls: sql<number>`count(*)`,
      inputTokens: total(usage.inputTokens),
      outputTokens: total(usage.outputTokens),
      cacheReadTokens: total(usage.cacheReadTokens),
      cacheWriteTokens: total(usage.cacheWriteTokens),
      usd: total(usage.usd),
      unpricedCalls: sql<number>`count(*) - count(${usage.usd})`,
    })
    .from(usage)
    .where(
      and(
        gte(usage.at, from),
        lt(usage.at, until),
        agent === undefined ? undefined : eq(usage.agent, agent),
        model === undefined ? undefined : eq(usage.model, model),
      ),
    )
    .groupBy(...by.map((_, index) => sql.raw(String(index + 1))))
    .orderBy(...order);
  return sums.map((sum) => ({ ...sum, usd: roundUsd(sum.usd) }));
}

function total(column: SQLWrapper): SQL<number> {
  return sql<number>`coalesce(sum(${column}), 0)`;
}

/** Prices are whole nano-dollars; what is finer comes from adding binary fractions. */
function roundUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
