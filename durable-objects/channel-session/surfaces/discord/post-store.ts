import { and, asc, eq, inArray, ne, or, placeholder, type SQLWrapper, sql } from "drizzle-orm";
import { shownControlIds } from "../../../../shared/discord/components.ts";
import type { VenuePost } from "../../../../shared/interaction/answer-place.ts";
import type { SessionDatabase } from "../../database.ts";
import { type PostRow, posts } from "./schema.ts";
import type { MadeMessage } from "./venue.ts";

/** A message in the making. */
export type NewPost = Pick<PostRow, "turnId" | "part" | "channelId" | "content" | "controls"> &
  Partial<Pick<PostRow, "place">>;

/** A message as Discord is known to have it. */
export type ConfirmedPost = Pick<PostRow, "messageId" | "content" | "hasFile" | "controls"> &
  Partial<Pick<PostRow, "channelId">>;

/** What is known of the messages that show answers. Each change is one statement. */
export class PostStore {
  readonly #db: SessionDatabase;
  readonly #ofTurn: ReturnType<typeof prepareOfTurn>;
  readonly #unsettled: ReturnType<typeof prepareUnsettled>;

  constructor(db: SessionDatabase) {
    this.#db = db;
    this.#ofTurn = prepareOfTurn(db);
    this.#unsettled = prepareUnsettled(db);
  }

  /** Messages of an answer that was stopped are forgotten once they say so. */
  forgetAnswered(): void {
    this.#db.delete(posts).where(eq(posts.stopping, false)).run();
  }

  forgetOlder(turns: SQLWrapper): void {
    this.#db.delete(posts).where(inArray(posts.turnId, turns)).run();
  }

  /** In the order of the answer. */
  ofTurn(turnId: string): PostRow[] {
    return this.#ofTurn.all({ turnId });
  }

  find({ turnId, part }: Pick<PostRow, "turnId" | "part">): PostRow | undefined {
    return this.ofTurn(turnId).find((row) => row.part === part);
  }

  /** Whether a message shows an answer, as far as is known. */
  has(messageId: string): boolean {
    return this.#db.select().from(posts).where(eq(posts.messageId, messageId)).get() !== undefined;
  }

  /** A message is about to be made. One that was sent before keeps its time. */
  beginCreate(post: NewPost, now: number): void {
    this.#db
      .insert(posts)
      .values({
        ...post,
        ...{ take: 0, messageId: null, confirmed: false, hasFile: false, stopping: false },
        attemptedAt: now,
      })
      .onConflictDoUpdate({
        target: [posts.turnId, posts.part],
        set: {
          content: sql`excluded.content`,
          controls: sql`excluded.controls`,
          confirmed: sql`excluded.confirmed`,
        },
      })
      .run();
  }

  /** What was sent long ago never arrived: its time begins anew. */
  beginAgain({ turnId, part }: PostRow, now: number): void {
    this.#change(turnId, part, { attemptedAt: now });
  }

  /** A message is about to be changed. */
  beginEdit(turnId: string, part: number, now: Pick<PostRow, "content" | "controls">): void {
    this.#change(turnId, part, { ...now, confirmed: false });
  }

  /** A change was refused: what was known before is so still. */
  restore({ turnId, part, content, controls, confirmed }: PostRow): void {
    this.#change(turnId, part, { content, controls, confirmed });
  }

  /** Nothing can be pressed under a part any more. */
  bare({ turnId, part }: Pick<PostRow, "turnId" | "part">): void {
    this.#change(turnId, part, { controls: [] });
  }

  /** Discord has it. */
  confirm(turnId: string, part: number, now: ConfirmedPost): void {
    this.#change(turnId, part, { ...now, confirmed: true });
  }

  /** Somebody has deleted a message: the next one for its part is another. */
  lose({ turnId, part, take }: PostRow, now: number): void {
    this.#change(turnId, part, { messageId: null, take: take + 1, hasFile: false, attemptedAt: now });
  }

  /** Discord tells of a part's message. @param given what it certainly shows, whatever Discord makes of it. */
  adopt(
    { turnId, part }: Pick<PostRow, "turnId" | "part">,
    { id: messageId, channel_id: channelId, content, attachments, components }: MadeMessage,
    given: Partial<Pick<PostRow, "content" | "controls">> = {},
  ): void {
    const [hasFile, controls] = [attachments.length > 0, shownControlIds(components)];
    const place = channelId === undefined ? {} : { channelId };
    this.confirm(turnId, part, { messageId, content, hasFile, controls, ...place, ...given });
  }

  /** A part goes on elsewhere: what was sent for it before is none of its messages any more. */
  move({ turnId, part, take }: PostRow, to: Pick<PostRow, "place" | "channelId">, now: number): void {
    const anew = { messageId: null, take: take + 1, hasFile: false, confirmed: false, attemptedAt: now };
    this.#change(turnId, part, { ...to, ...anew });
  }

  remove(turnId: string, part: number): void {
    this.#db.delete(posts).where(place(turnId, part)).run();
  }

  /** Its messages are none of its any more: they show another answer, or it is forgotten. */
  disown(turnId: string): void {
    this.#db.delete(posts).where(eq(posts.turnId, turnId)).run();
  }

  /** The answer was stopped; its messages do not say so yet. */
  markStopping(turnId: string): void {
    this.#db.update(posts).set({ stopping: true }).where(eq(posts.turnId, turnId)).run();
  }

  /** Nothing is left to be done to the messages of an answer that is over: they are as they should be, or past help. */
  settled(turnId: string): void {
    const change = { stopping: false, confirmed: true, controls: [] };
    this.#db.update(posts).set(change).where(eq(posts.turnId, turnId)).run();
  }

  /** Messages that may not be as they should be once their answer is over, and those under which something can be pressed. */
  unsettled(): PostRow[] {
    return this.#unsettled.all();
  }

  #change(turnId: string, part: number, change: Partial<PostRow>): void {
    this.#db.update(posts).set(change).where(place(turnId, part)).run();
  }
}

/** What the posting plan sees of a row. */
export function toPost({ confirmed, content, ...row }: PostRow): VenuePost {
  const { part, messageId, hasFile, controls, place } = row;
  return { part, messageId, content: confirmed ? content : null, hasFile, controls, place };
}

/** Discord takes a nonce of at most 25 characters; a turn is a UUID. */
export function nonceOf({ turnId, part, take }: Pick<PostRow, "turnId" | "part" | "take">): string {
  return `${turnId.replaceAll("-", "").slice(0, 18)}.${part.toString(36)}.${take.toString(36)}`;
}

function place(turnId: string, part: number) {
  return and(eq(posts.turnId, turnId), eq(posts.part, part));
}

function prepareOfTurn(db: SessionDatabase) {
  return db
    .select()
    .from(posts)
    .where(eq(posts.turnId, placeholder("turnId")))
    .orderBy(asc(posts.part))
    .prepare();
}

function prepareUnsettled(db: SessionDatabase) {
  const canBePressed = ne(posts.controls, []);
  return db
    .select()
    .from(posts)
    .where(or(eq(posts.stopping, true), eq(posts.confirmed, false), canBePressed))
    .prepare();
}
