/**
 * The statements of a turn's hot path, prepared: what drizzle would build anew for each call costs ten times what
 * SQLite needs to run it. Each is built when it is first used, so that waking up stays cheap.
 */

import { and, asc, count, desc, eq, gte, inArray, lt, notInArray, placeholder, sql } from "drizzle-orm";
import type { SessionDatabase } from "../database.ts";
import { inbox, outbox, reports, steps, transcript, turns } from "./schema.ts";
import { OPEN } from "./transitions.ts";

/** @see SessionStore, which says what they mean. Arguments are the placeholders' names. */
export function prepareStatements(db: SessionDatabase) {
  const value = placeholder;
  return {
    message: {
      insert: lazily(() =>
        db
          .insert(inbox)
          .values({
            eventId: value("eventId"),
            turnId: value("turnId"),
            status: "waiting",
            event: value("event"),
            receivedAt: value("now"),
          })
          .onConflictDoNothing({ target: inbox.eventId })
          .returning()
          .prepare(),
      ),
      byEvent: lazily(() =>
        db
          .select()
          .from(inbox)
          .where(eq(inbox.eventId, value("eventId")))
          .prepare(),
      ),
      byTurn: lazily(() =>
        db
          .select()
          .from(inbox)
          .where(eq(inbox.turnId, value("turnId")))
          .prepare(),
      ),
      ofTurn: lazily(() =>
        db
          .select()
          .from(inbox)
          .where(eq(inbox.answeredBy, value("turnId")))
          .orderBy(asc(inbox.seq))
          .prepare(),
      ),
      countWaiting: lazily(() =>
        db.select({ rows: count() }).from(inbox).where(eq(inbox.status, "waiting")).prepare(),
      ),
      waiting: lazily(() =>
        db.select().from(inbox).where(eq(inbox.status, "waiting")).orderBy(asc(inbox.seq)).prepare(),
      ),
      take: lazily(() =>
        db
          .update(inbox)
          .set({ status: "taken", answeredBy: sql`${value("turnId")}` })
          .where(eq(inbox.seq, value("seq")))
          .prepare(),
      ),
    },
    turn: {
      open: lazily(() =>
        db
          .select()
          .from(turns)
          .where(inArray(turns.state, [...OPEN]))
          .prepare(),
      ),
      byId: lazily(() =>
        db
          .select()
          .from(turns)
          .where(eq(turns.id, value("id")))
          .prepare(),
      ),
      /** The newest that is over. */
      lastOver: lazily(() =>
        db
          .select()
          .from(turns)
          .where(notInArray(turns.state, [...OPEN]))
          .orderBy(desc(turns.seq))
          .limit(1)
          .prepare(),
      ),
      insert: lazily(() =>
        db
          .insert(turns)
          .values({
            id: value("id"),
            seq: value("seq"),
            state: "running",
            generation: 1,
            startedAt: value("now"),
          })
          .prepare(),
      ),
      setModel: lazily(() =>
        db
          .update(turns)
          .set({ provider: sql`${value("provider")}`, model: sql`${value("model")}` })
          .where(eq(turns.id, value("id")))
          .prepare(),
      ),
    },
    step: {
      ofTurn: lazily(() =>
        db
          .select()
          .from(steps)
          .where(eq(steps.turnId, value("turnId")))
          .orderBy(asc(steps.step))
          .prepare(),
      ),
      write: lazily(() =>
        db
          .insert(steps)
          .values({
            turnId: value("turnId"),
            step: value("step"),
            entry: value("entry"),
            startedAt: value("startedAt"),
            finishedAt: value("finishedAt"),
          })
          .onConflictDoUpdate({
            target: [steps.turnId, steps.step],
            set: {
              entry: sql`excluded.entry`,
              startedAt: sql`excluded.started_at`,
              finishedAt: sql`excluded.finished_at`,
            },
          })
          .prepare(),
      ),
    },
    transcript: {
      insert: lazily(() =>
        db
          .insert(transcript)
          .values({
            turnId: value("turnId"),
            role: value("role"),
            content: value("content"),
            at: value("now"),
          })
          .prepare(),
      ),
      /** The newest rows before a turn's own first one and not before `since`, newest first. */
      before: lazily(() =>
        db
          .select({ role: transcript.role, content: transcript.content })
          .from(transcript)
          .where(
            and(
              lt(
                transcript.seq,
                sql`(select min(own.seq) from ${transcript} as own where own.turn_id = ${value("turnId")})`,
              ),
              gte(transcript.at, value("since")),
            ),
          )
          .orderBy(desc(transcript.seq))
          .limit(value("limit"))
          .prepare(),
      ),
    },
    report: {
      insert: lazily(() =>
        db
          .insert(reports)
          .values({
            turnId: value("turnId"),
            step: value("step"),
            attempt: value("attempt"),
            provider: value("provider"),
            model: value("model"),
            usage: value("usage"),
            at: value("at"),
            error: value("error"),
          })
          .onConflictDoNothing()
          .prepare(),
      ),
      oldest: lazily(() =>
        db.select().from(reports).orderBy(asc(reports.at)).limit(value("limit")).prepare(),
      ),
      delete: lazily(() =>
        db
          .delete(reports)
          .where(
            and(
              eq(reports.turnId, value("turnId")),
              eq(reports.step, value("step")),
              eq(reports.attempt, value("attempt")),
            ),
          )
          .prepare(),
      ),
    },
    outbox: {
      pending: lazily(() =>
        db
          .select()
          .from(outbox)
          .where(and(eq(outbox.turnId, value("turnId")), eq(outbox.status, "pending")))
          .orderBy(asc(outbox.seq))
          .prepare(),
      ),
    },
  };
}

/** Makes a value when it is first asked for. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
