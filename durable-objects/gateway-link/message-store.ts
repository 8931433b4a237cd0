/** Messages between Discord and their sessions: where each went, and those that wait here. */
import { and, count, eq, inArray, lte, notInArray, placeholder, type SQL, sql } from "drizzle-orm";
import type { DiscordEdit, DiscordMessage } from "../../shared/discord/read-message.ts";
import type { Route } from "../../shared/discord/route-message.ts";
import type { LinkDatabase } from "./database.ts";
import { continued, type HeldRow, held, routed } from "./schema.ts";

/** How many messages are remembered with their conversations, for their edits, deletions and copies. */
const REMEMBERED = 10_000;
/** How many messages of one channel may wait here, besides missed ones. */
const MAX_HELD = 1_000;

export class MessageStore {
  readonly #db: LinkDatabase;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: LinkDatabase) {
    this.#db = db;
    this.#sql = prepare(db);
  }

  /** Where a message went; `undefined` for one that is not answered, or long ago. */
  route(messageId: string): Route | undefined {
    return this.#sql.route.get({ messageId });
  }

  setRoute(messageId: string, { conversation, target }: Route): void {
    const { seq } = this.#sql.addRoute.get({ messageId, conversation, target });
    this.#sql.forgetRoutes.run({ upTo: seq - REMEMBERED });
  }

  /** The conversation that goes on in a thread, or in reply to a message, of another name. */
  continuedAt(placeId: string): string | undefined {
    const row = this.#db.select().from(continued).where(eq(continued.placeId, placeId)).get();
    return row?.conversation;
  }

  /** A conversation goes on there. */
  continueAt(placeId: string, conversation: string): void {
    const { seq } = this.#db
      .insert(continued)
      .values({ placeId, conversation })
      .onConflictDoUpdate({ target: continued.placeId, set: { conversation } })
      .returning({ seq: continued.seq })
      .get();
    this.#db
      .delete(continued)
      .where(lte(continued.seq, seq - REMEMBERED))
      .run();
  }

  isHolding(channelId: string): boolean {
    return this.#sql.first.get({ channelId }) !== undefined;
  }

  isHoldingAny(): boolean {
    return this.#sql.any.get() !== undefined;
  }

  /** Channels of which messages wait. */
  holdingChannels(): string[] {
    return this.#db
      .selectDistinct({ id: held.channelId })
      .from(held)
      .all()
      .map(({ id }) => id);
  }

  /** The next message of a channel. */
  next(channelId: string): HeldRow | undefined {
    return this.#sql.first.get({ channelId });
  }

  /** The youngest message of a channel that waits. */
  newest(channelId: string): string | undefined {
    const inChannel = eq(held.channelId, channelId);
    const byAge = this.#db.select({ id: held.messageId }).from(held).where(inChannel);
    return byAge.orderBy(sql`${age} desc`).limit(1).get()?.id;
  }

  /**
   * Keeps a message until its turn comes. Missed ones are bounded by {@link keepNewestMissed}.
   *
   * @returns `false`: too many of its channel have come since and wait already.
   */
  hold(message: DiscordMessage, source: HeldRow["source"]): boolean {
    const { id: messageId, channel_id: channelId } = message;
    const isFull = source === "live" && (this.#sql.countLive.get({ channelId })?.rows ?? 0) >= MAX_HELD;
    if (isFull && !this.#isHeld(messageId)) return false;
    this.#db.insert(held).values({ messageId, channelId, message, source }).onConflictDoNothing().run();
    return true;
  }

  #isHeld(messageId: string): boolean {
    return this.#db.select().from(held).where(eq(held.messageId, messageId)).get() !== undefined;
  }

  /** Keeps of the missed messages of a channel the newest. @returns how many are gone. */
  keepNewestMissed(channelId: string, limit: number): number {
    const isMissed = and(eq(held.channelId, channelId), eq(held.source, "missed"));
    const newest = this.#db
      .select({ id: held.messageId })
      .from(held)
      .where(isMissed)
      .orderBy(sql`${age} desc`)
      .limit(limit);
    return this.#db
      .delete(held)
      .where(and(isMissed, notInArray(held.messageId, newest)))
      .returning()
      .all().length;
  }

  /** Messages that no longer wait: they are in their session, are not answered, or were deleted. */
  drop(messageIds: readonly string[]): void {
    this.#db
      .delete(held)
      .where(inArray(held.messageId, [...messageIds]))
      .run();
  }

  /** Changes a message that waits here. @returns whether one does. */
  edit({ id, content, mentions, attachments }: DiscordEdit): boolean {
    const row = this.#db.select().from(held).where(eq(held.messageId, id)).get();
    if (!row) return false;
    const message = { ...row.message, content, mentions, attachments };
    this.#db.update(held).set({ message }).where(eq(held.messageId, id)).run();
    return true;
  }
}

/** Ids grow with time; as text, a longer one may be smaller. */
const age: SQL = sql`cast(${held.messageId} as integer)`;

function prepare(db: LinkDatabase) {
  const value = placeholder;
  return {
    route: db
      .select({ conversation: routed.conversation, target: routed.target })
      .from(routed)
      .where(eq(routed.messageId, value("messageId")))
      .prepare(),
    addRoute: db
      .insert(routed)
      .values({
        messageId: value("messageId"),
        conversation: value("conversation"),
        target: value("target"),
      })
      .returning({ seq: routed.seq })
      .prepare(),
    forgetRoutes: db
      .delete(routed)
      .where(sql`${routed.seq} <= ${value("upTo")}`)
      .prepare(),
    any: db.select({ id: held.messageId }).from(held).limit(1).prepare(),
    first: db
      .select()
      .from(held)
      .where(eq(held.channelId, value("channelId")))
      .orderBy(age)
      .limit(1)
      .prepare(),
    countLive: db
      .select({ rows: count() })
      .from(held)
      .where(and(eq(held.channelId, value("channelId")), eq(held.source, "live")))
      .prepare(),
  };
}
