/** What a conversation's storage forgets, and when. Each function is to be called in a transaction. */
import { and, count, eq, inArray, lt, ne, type SQL, sql } from "drizzle-orm";
import type { SessionDatabase } from "../../database.ts";
import { inbox, outbox, posts, steps, summaries, transcript, turns } from "../../schema.ts";

/** Forgets all that was said and answered. What still waits is kept, and the ids of messages stay known. */
export function forgetAnswered(db: SessionDatabase): void {
  for (const table of [steps, outbox, transcript, turns, summaries]) db.delete(table).run();
  // Messages of an answer that was stopped are forgotten once they say so.
  db.delete(posts).where(eq(posts.stopping, false)).run();
  blank(db, eq(inbox.status, "taken"));
}

/** Forgets a message that was taken back before it was answered. */
export function forgetWaiting(db: SessionDatabase, seq: number): void {
  blank(db, eq(inbox.seq, seq));
}

/** Of a message that is forgotten only its id is left, so that it stays known. */
function blank(db: SessionDatabase, messages: SQL): void {
  const event = sql`json_remove(json_set(${inbox.event}, '$.text', ''), '$.attachments')`;
  db.update(inbox).set({ status: "forgotten", event }).where(messages).run();
}

/**
 * Forgets what {@link isOlder} finds.
 *
 * @returns whether nothing is left.
 */
export function forgetOlder(db: SessionDatabase, before: number, openTurn: string | undefined): boolean {
  const isOld = isOlder(before, openTurn);
  const old = db.select({ turnId: inbox.turnId }).from(inbox).where(isOld);
  for (const table of [steps, outbox, posts, transcript])
    db.delete(table).where(inArray(table.turnId, old)).run();
  db.delete(turns).where(inArray(turns.id, old)).run();
  // What the summary holds of younger messages is summarised anew.
  db.delete(summaries).where(lt(summaries.since, before)).run();
  db.delete(inbox).where(isOld).run();
  return db.select({ rows: count() }).from(inbox).get()?.rows === 0;
}

/** Messages that were received before `before` (Unix milliseconds), except what is still waiting or worked on. */
export function isOlder(before: number, openTurn: string | undefined): SQL {
  const isAnswered = and(
    ne(inbox.status, "waiting"),
    openTurn === undefined ? undefined : ne(inbox.answeredBy, openTurn),
  );
  return sql`(${and(lt(inbox.receivedAt, before), isAnswered)})`;
}
