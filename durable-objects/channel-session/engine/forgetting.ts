/** What a conversation's journal forgets, and when. Each function is to be called in a transaction. */
import { and, count, eq, inArray, lt, ne, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { SessionDatabase } from "../database.ts";
import { inbox, outbox, steps, transcript, turns } from "./schema.ts";

/** A part of the conversation that keeps something beside the journal, and forgets it with the journal. */
export interface Forgetful {
  /** The whole conversation is forgotten. */
  forgetAnswered(): void;
  /** What is forgotten was said before `before`, Unix milliseconds. @param turns a subquery of the ids of its turns. */
  forgetOlder(turns: SQLWrapper, before: number): void;
}

/** Forgets all that was said and answered. What still waits is kept, and the ids of messages stay known. */
export function forgetAnswered(db: SessionDatabase, others: readonly Forgetful[]): void {
  for (const table of [steps, outbox, transcript, turns]) db.delete(table).run();
  for (const other of others) other.forgetAnswered();
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
export function forgetOlder(
  db: SessionDatabase,
  { before, openTurn }: { before: number; openTurn: string | undefined },
  others: readonly Forgetful[],
): boolean {
  const isOld = isOlder(before, openTurn);
  const old = db.select({ turnId: inbox.turnId }).from(inbox).where(isOld);
  for (const table of [steps, outbox, transcript]) db.delete(table).where(inArray(table.turnId, old)).run();
  for (const other of others) other.forgetOlder(old, before);
  db.delete(turns).where(inArray(turns.id, old)).run();
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
