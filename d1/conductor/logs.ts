/** Execution logs: what agents wrote while they worked. */
import { and, desc, eq, lt } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { conductorLogs } from "./schema.ts";

export type LogEntry = typeof conductorLogs.$inferSelect;

/** Which entries: of an agent, of an issue's stream, older than an entry. */
export interface LogQuery {
  agentId?: string | undefined;
  streamId?: string | undefined;
  before?: number | undefined;
  /** How many at most. */
  limit: number;
}

/** Keeps an entry. @returns its id. @throws when D1 does not answer. */
export async function addLogEntry(
  db: DrizzleD1Database,
  entry: typeof conductorLogs.$inferInsert,
): Promise<number> {
  const [row] = await db.insert(conductorLogs).values(entry).returning({ id: conductorLogs.id });
  if (row === undefined) throw new Error("D1 did not tell the entry's id");
  return row.id;
}

/** Entries, newest first. @throws when D1 does not answer. */
export async function listLogEntries(
  db: DrizzleD1Database,
  { agentId, streamId, before, limit }: LogQuery,
): Promise<LogEntry[]> {
  return db
    .select()
    .from(conductorLogs)
    .where(
      and(
        agentId === undefined ? undefined : eq(conductorLogs.agentId, agentId),
        streamId === undefined ? undefined : eq(conductorLogs.stream, streamId),
        before === undefined ? undefined : lt(conductorLogs.id, before),
      ),
    )
    .orderBy(desc(conductorLogs.id))
    .limit(limit);
}
