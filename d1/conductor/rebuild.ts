/** Makes the projections anew from the log. */
import { and, asc, eq, gt, notInArray, type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { emptyProjection, type Projection, project, writeProjection } from "./projection.ts";
import { conductorAgents, conductorEvents, conductorIssues } from "./schema.ts";
import { storedEvent } from "./store.ts";

/** Events that are read at a time. */
const PAGE = 1_000;

/** How far one call came. */
export interface RebuildProgress {
  streams: number;
  events: number;
  /** The stream to go on after; `null` when all are done. */
  next: string | null;
}

/**
 * Rewrites the rows of the streams after `after`, in their order, until `maxEvents` are read and a stream is finished;
 * the last call also deletes rows that no event stands behind. A stream that gets events meanwhile is read on until
 * row and log agree.
 *
 * @throws whatever D1 throws; calling it again from the same stream is harmless.
 */
export async function rebuildProjections(
  db: DrizzleD1Database,
  { after, maxEvents }: { after: string; maxEvents: number },
): Promise<RebuildProgress> {
  let [streams, events, last] = [0, 0, after];
  while (events < maxEvents) {
    const stream = await nextStreamAfter(db, last);
    if (stream === undefined) {
      await deleteUnfounded(db);
      return { streams, events, next: null };
    }
    events += await rebuildStream(db, stream);
    streams += 1;
    last = stream;
  }
  return { streams, events, next: last };
}

async function nextStreamAfter(db: DrizzleD1Database, after: string): Promise<string | undefined> {
  const [row] = await db
    .select({ stream: conductorEvents.stream })
    .from(conductorEvents)
    .where(gt(conductorEvents.stream, after))
    .orderBy(asc(conductorEvents.stream))
    .limit(1);
  return row?.stream;
}

/** @returns how many events were read. */
async function rebuildStream(db: DrizzleD1Database, streamId: string): Promise<number> {
  let projection: Projection = emptyProjection(streamId);
  let [version, events] = [0, 0];
  while (true) {
    const rows = await db
      .select()
      .from(conductorEvents)
      .where(and(eq(conductorEvents.stream, streamId), gt(conductorEvents.version, version)))
      .orderBy(asc(conductorEvents.version))
      .limit(PAGE);
    for (const row of rows) {
      projection = project(projection, storedEvent(row));
      version = row.version;
    }
    events += rows.length;
    if (rows.length === PAGE) continue;
    if (await replaceRow(db, { streamId, version, projection })) return events;
  }
}

/** @returns whether the stream still ended where it was read. */
async function replaceRow(
  db: DrizzleD1Database,
  row: { streamId: string; version: number; projection: Projection },
): Promise<boolean> {
  const { streamId, version } = row;
  const isCurrent: SQL = sql`${version} = (select max(${conductorEvents.version}) from ${conductorEvents} where ${eq(conductorEvents.stream, streamId)})`;
  const results = await db.batch([
    db.delete(conductorIssues).where(and(eq(conductorIssues.stream, streamId), isCurrent)),
    db.delete(conductorAgents).where(and(eq(conductorAgents.stream, streamId), isCurrent)),
    ...writeProjection(db, row, isCurrent),
    db
      .select({ version: conductorEvents.version })
      .from(conductorEvents)
      .where(and(eq(conductorEvents.stream, streamId), eq(conductorEvents.version, version), isCurrent)),
  ]);
  return (results.at(-1) as unknown[]).length > 0;
}

async function deleteUnfounded(db: DrizzleD1Database): Promise<void> {
  const streams = db.select({ stream: conductorEvents.stream }).from(conductorEvents);
  await db.batch([
    db.delete(conductorIssues).where(notInArray(conductorIssues.stream, streams)),
    db.delete(conductorAgents).where(notInArray(conductorAgents.stream, streams)),
  ]);
}
