/** The event store: reads a stream's state, decides, and writes event and projection together, or nothing. */
import { and, eq, max, type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import {
  OWN_EVENT_PREFIX,
  type RigEvent,
  type StoredEvent,
  type Submission,
  streamIdOf,
} from "../../shared/conductor/event.ts";
import type { Issue } from "../../shared/conductor/issue.ts";
import { consequenceOf, refusalOf } from "../../shared/conductor/rules.ts";
import { emptyProjection, type Projection, project, writeProjection } from "./projection.ts";
import { blockedBy, isQueued, isUnblocked, nextStream, queueOrder } from "./queue.ts";
import { conductorAgents, conductorEvents, conductorIssues } from "./schema.ts";

/** How often a write is tried anew because somebody else was faster: each time, somebody got on. */
const MAX_TRIES = 50;

/** What became of a submission. */
export type Appended =
  /** It is in the log; also when it was there before, under the same id. */
  | { outcome: "stored"; event: StoredEvent }
  /** The stream has another version than expected. */
  | { outcome: "conflict"; expected: number; found: number }
  /** The rules of the rig speak against it. */
  | { outcome: "refused"; message: string }
  /** Another event has this id. */
  | { outcome: "id-taken" };

/** Too many wrote at the same time; the same request may well work a moment later. */
export class ContentionError extends Error {
  override readonly name = "ContentionError";
  readonly code = "contention";
}

/**
 * Stores an event, its consequence and what both change in the projections, in one transaction.
 *
 * @param now Unix milliseconds.
 * @throws ContentionError; whatever D1 throws.
 */
export async function appendEvent(
  db: DrizzleD1Database,
  { event, streamId, eventId, expectedVersion }: Submission,
  now: number,
): Promise<Appended> {
  const id = eventId ?? crypto.randomUUID();
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const { known, stream } = await readStream(db, streamId, id);
    if (known) {
      const isSame = known.streamId === streamId && known.type === event.type;
      return isSame ? { outcome: "stored", event: known } : { outcome: "id-taken" };
    }
    if (expectedVersion !== undefined && expectedVersion !== stream.version) {
      return { outcome: "conflict", expected: expectedVersion, found: stream.version };
    }
    const issue = stream.projection.kind === "issue" ? stream.projection.issue : null;
    const message = refusalOf(event, { issue, blockedBy: stream.blockedBy });
    if (message !== null) return { outcome: "refused", message };
    const stored = await commit(db, { event, id, streamId, now, stream });
    if (stored) return { outcome: "stored", event: stored };
  }
  throw new ContentionError(`${MAX_TRIES} others wrote to ${streamId} first`);
}

/** An issue that is an agent's. */
export interface Claim {
  streamId: string;
  issue: Issue;
}

/**
 * Gives an agent the next issue: what is assigned to it and not begun, else the head of the queue. One transaction finds
 * the head and assigns it, so no two agents get one issue, none gets one out of order, and none is tried twice.
 *
 * @param now Unix milliseconds.
 * @returns `null` when nothing is there to do.
 * @throws whatever D1 throws.
 */
export async function claimNext(db: DrizzleD1Database, agentId: string, now: number): Promise<Claim | null> {
  const id = crypto.randomUUID();
  const { stream, version, repo, issueNumber, issue } = conductorIssues;
  const isOwn = and(eq(conductorIssues.state, "assigned"), eq(conductorIssues.agentId, agentId));
  const data = sql`json_object('repo', ${repo}, 'issueNumber', ${issueNumber}, 'agentId', ${agentId},
    'attempt', json_extract(${issue}, '$.failedAttempts') + 1)`;
  const assignment = sql`select null, ${id}, ${stream}, ${version} + 1, 'ISSUE_ASSIGNED', ${data}, ${now}
    from ${conductorIssues} where ${stream} = ${nextStream}
    and not exists (select 1 from ${conductorIssues} where ${isOwn})`;
  const assigned = sql`(select ${conductorEvents.stream} from ${conductorEvents} where ${eq(conductorEvents.id, id)})`;
  const [, , [next]] = await db.batch([
    db.insert(conductorEvents).select(assignment),
    // What `applyToIssue` makes of an assignment: which issue it is, only this transaction knows.
    db
      .update(conductorIssues)
      .set({
        version: sql`${version} + 1`,
        state: "assigned",
        agentId,
        issue: sql`json_set(${issue}, '$.state', 'assigned', '$.agentId', ${agentId},
          '$.updatedAt', cast(${now} as integer))`,
      })
      .where(sql`${stream} = ${assigned}`),
    selectIssue(db)
      .where(isOwn)
      .orderBy(...queueOrder)
      .limit(1),
  ]);
  return next ?? null;
}

/** What {@link claimNext} would give an agent, without giving it. */
export async function peekNext(db: DrizzleD1Database, agentId: string): Promise<Claim | null> {
  const isOwn = and(eq(conductorIssues.state, "assigned"), eq(conductorIssues.agentId, agentId));
  const [[own], [head]] = await db.batch([
    selectIssue(db)
      .where(isOwn)
      .orderBy(...queueOrder)
      .limit(1),
    selectIssue(db)
      .where(and(isQueued, isUnblocked))
      .orderBy(...queueOrder)
      .limit(1),
  ]);
  return own ?? head ?? null;
}

/** A stream as it is, before one more event. */
interface Stream {
  /** 0 without any event. */
  version: number;
  projection: Projection;
}

interface Intent {
  event: RigEvent;
  id: string;
  streamId: string;
  now: number;
  stream: Stream;
}

/** @returns the event as stored, or `undefined` when the stream went on in the meantime. */
async function commit(db: DrizzleD1Database, intent: Intent): Promise<StoredEvent | undefined> {
  const { id, streamId, now, stream } = intent;
  const version = stream.version + 1;
  const event: StoredEvent = { ...intent.event, id, streamId, version, at: now };
  let projection = project(stream.projection, event);
  const follow = followUp(event, stream.projection, projection);
  if (follow) projection = project(projection, follow);
  const isWritten = sql`exists (select 1 from ${conductorEvents}
    where ${and(eq(conductorEvents.id, id), eq(conductorEvents.stream, streamId), eq(conductorEvents.version, version))})`;
  const isNext = sql`${stream.version} = coalesce((select max(${conductorEvents.version}) from ${conductorEvents} where ${eq(conductorEvents.stream, streamId)}), 0)`;
  const last = follow ?? event;
  const results = await db.batch([
    insertEvent(db, event, isNext),
    ...(follow ? [insertEvent(db, follow, isWritten)] : []),
    ...writeProjection(db, { streamId, version: last.version, projection }, isWritten),
    db.select().from(conductorEvents).where(eq(conductorEvents.id, id)),
  ]);
  const [row] = results.at(-1) as (typeof conductorEvents.$inferSelect)[];
  return row?.stream === streamId && row.type === event.type ? storedEvent(row) : undefined;
}

function followUp(event: StoredEvent, before: Projection, after: Projection): StoredEvent | null {
  if (before.kind !== "issue" || after.kind !== "issue") return null;
  const consequence = consequenceOf(event, before.issue, after.issue);
  if (consequence === null) return null;
  const version = event.version + 1;
  // The same event stored by two requests at once has one consequence.
  const id = `${OWN_EVENT_PREFIX}${streamIdOf(consequence)}:${version}`;
  return { ...consequence, id, streamId: event.streamId, version, at: event.at };
}

/** Unique indexes make it nothing when the id or the place in the stream is taken. */
function insertEvent(db: DrizzleD1Database, event: StoredEvent, when: SQL) {
  const { id, streamId, version, type, data, at } = event;
  const row = sql`select null, ${id}, ${streamId}, ${version}, ${type}, ${JSON.stringify(data)}, ${at} where ${when}`;
  return db.insert(conductorEvents).select(row).onConflictDoNothing();
}

function selectIssue(db: DrizzleD1Database) {
  const { stream, issue } = conductorIssues;
  return db.select({ streamId: stream, issue }).from(conductorIssues).$dynamic();
}

async function readStream(db: DrizzleD1Database, streamId: string, id: string) {
  const [known, versions, issues, agents] = await db.batch([
    db.select().from(conductorEvents).where(eq(conductorEvents.id, id)),
    db
      .select({ version: max(conductorEvents.version) })
      .from(conductorEvents)
      .where(eq(conductorEvents.stream, streamId)),
    db
      .select({ issue: conductorIssues.issue, blockedBy })
      .from(conductorIssues)
      .where(eq(conductorIssues.stream, streamId)),
    db.select().from(conductorAgents).where(eq(conductorAgents.stream, streamId)),
  ]);
  const empty = emptyProjection(streamId);
  const issue = issues[0];
  const agent = agents[0];
  const projection: Projection =
    empty.kind === "issue" && issue
      ? { kind: "issue", issue: issue.issue }
      : empty.kind === "agent" && agent
        ? { kind: "agent", agent: agent.agent }
        : empty;
  return {
    known: known[0] && storedEvent(known[0]),
    stream: {
      version: versions[0]?.version ?? 0,
      projection,
      blockedBy: issue ? (JSON.parse(issue.blockedBy) as string[]) : [],
    },
  };
}

/** An event as a row holds it. What was read at the door is not read again. */
export function storedEvent(row: typeof conductorEvents.$inferSelect): StoredEvent {
  const { id, stream, version, type, data, at } = row;
  return { id, streamId: stream, version, type, data, at } as unknown as StoredEvent;
}
