/** What the conductor knows, read from D1. */
import { and, asc, desc, eq, inArray, lt, notInArray, or, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { RigAgent } from "../../shared/conductor/agent.ts";
import type { VersionedIssue } from "../../shared/conductor/detection.ts";
import type { StoredEvent } from "../../shared/conductor/event.ts";
import type { IssueState } from "../../shared/conductor/issue.ts";
import { blockedBy, isQueued, queueOrder } from "./queue.ts";
import { conductorAgents, conductorEvents, conductorIssues } from "./schema.ts";
import { storedEvent } from "./store.ts";

const versioned = {
  streamId: conductorIssues.stream,
  version: conductorIssues.version,
  issue: conductorIssues.issue,
};

/** All issues, or those of one state, the first approved first. */
export async function listIssues(db: DrizzleD1Database, state?: IssueState): Promise<VersionedIssue[]> {
  return db
    .select(versioned)
    .from(conductorIssues)
    .where(state === undefined ? undefined : eq(conductorIssues.state, state))
    .orderBy(asc(conductorIssues.approvedAt), asc(conductorIssues.repo), asc(conductorIssues.issueNumber));
}

/** The queue in its order, with the streams that each issue waits for. */
export async function listQueue(
  db: DrizzleD1Database,
): Promise<(VersionedIssue & { blockedBy: string[] })[]> {
  const rows = await db
    .select({ ...versioned, blockedBy })
    .from(conductorIssues)
    .where(isQueued)
    .orderBy(...queueOrder);
  return rows.map((row) => ({ ...row, blockedBy: JSON.parse(row.blockedBy) as string[] }));
}

/** Issues that the clock can have something to say about. */
export async function listWatched(db: DrizzleD1Database): Promise<VersionedIssue[]> {
  const isGated = sql`json_extract(${conductorIssues.issue}, '$.humanGate') is not null`;
  const isOpen = notInArray(conductorIssues.state, ["done", "failed"]);
  return db
    .select(versioned)
    .from(conductorIssues)
    .where(and(isOpen, or(inArray(conductorIssues.state, ["assigned", "in_progress"]), isGated)));
}

/** Every agent that ever sent a heartbeat, by id. */
export async function listAgents(db: DrizzleD1Database): Promise<RigAgent[]> {
  const rows = await db
    .select({ agent: conductorAgents.agent })
    .from(conductorAgents)
    .orderBy(asc(conductorAgents.stream));
  return rows.map(({ agent }) => agent);
}

/** Most events of a stream in one answer. */
export const MAX_STREAM_EVENTS = 1_000;

/** A stream's last events before a version, oldest first; at most {@link MAX_STREAM_EVENTS}. */
export async function readEvents(
  db: DrizzleD1Database,
  streamId: string,
  before = Number.MAX_SAFE_INTEGER,
): Promise<StoredEvent[]> {
  const rows = await db
    .select()
    .from(conductorEvents)
    .where(and(eq(conductorEvents.stream, streamId), lt(conductorEvents.version, before)))
    .orderBy(desc(conductorEvents.version))
    .limit(MAX_STREAM_EVENTS);
  return rows.reverse().map(storedEvent);
}
