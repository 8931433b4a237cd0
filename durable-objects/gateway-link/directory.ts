/** Guilds, channels, threads and DMs as the Gateway told of them, and how far their messages have been dealt with. */
import { and, eq, isNotNull, isNull, lt, ne, or, placeholder, type SQL, sql } from "drizzle-orm";
import { holdsMessages, isThread, PUBLIC_THREAD } from "../../shared/discord/channel-types.ts";
import type { DiscordChannel, DiscordGuild } from "../../shared/discord/read-directory.ts";
import type { DiscordMessage } from "../../shared/discord/read-message.ts";
import { compareSnowflakes, newestSnowflake, snowflakeAt } from "../../shared/discord/snowflake.ts";
import type { Place } from "../../shared/discord/who-is-answered.ts";
import type { LinkDatabase } from "./database.ts";
import { type ChannelRow, channels, guilds, userThreads } from "./schema.ts";

/** How long a thread is known that nobody writes in, in milliseconds. */
const THREAD_MEMORY_MS = 90 * 24 * 3_600_000;
/** Type of a channel that no event has told of; nothing is assumed of it. */
const UNKNOWN_TYPE = -1;
const DM_TYPE = 1;

/** Whether the character listens in a place. */
export type Listens = (place: Place) => boolean;

export class Directory {
  readonly #db: LinkDatabase;
  readonly #byId: ReturnType<typeof prepareById>;
  readonly #seen: ReturnType<typeof prepareSeen>;
  readonly #anyBehind: ReturnType<typeof prepareAnyBehind>;

  constructor(db: LinkDatabase) {
    this.#db = db;
    this.#byId = prepareById(db);
    this.#seen = prepareSeen(db);
    this.#anyBehind = prepareAnyBehind(db);
  }

  channel(id: string): ChannelRow | undefined {
    return this.#byId.get({ id });
  }

  /** A thread is gone, and another one stands in its place for the user whose it was. */
  replaceThread(gone: string, threadId: string): void {
    this.#db.update(userThreads).set({ threadId }).where(eq(userThreads.threadId, gone)).run();
    this.remove(gone);
  }

  /** Where a message was written. What has no guild is a DM; a channel that nobody told of has no name and no parent. */
  placeOf({ channel_id, guild_id }: Pick<DiscordMessage, "channel_id" | "guild_id">): Place {
    const row = this.channel(channel_id);
    if (row) return this.#place(row);
    if (!guild_id) return { kind: "dm", channelId: channel_id };
    return { kind: "channel", channelId: channel_id, guildId: guild_id, type: UNKNOWN_TYPE, name: "" };
  }

  #place({
    id,
    guildId,
    type,
    name,
    parentId,
  }: Pick<ChannelRow, "id" | "guildId" | "type" | "name" | "parentId">): Place {
    if (guildId === null) return { kind: "dm", channelId: id };
    if (!isThread(type)) return { kind: "channel", channelId: id, guildId, type, name };
    const parent = { id: parentId ?? "", name: this.channel(parentId ?? "")?.name ?? "" };
    return { kind: "thread", channelId: id, guildId, parent };
  }

  /**
   * Takes note of a channel from which a message has come and that no event has told of. DMs begin so; nobody can say
   * whether this is the first message or others were missed, so one is read back.
   *
   * @param since Unix milliseconds: nothing older in it is answered.
   */
  listenTo(place: Place, since: number): void {
    const row = this.channel(place.channelId);
    if (row) {
      if (row.listeningSince === null) this.#update(row.id, { listeningSince: since });
      return;
    }
    const isDm = place.kind === "dm";
    this.#db
      .insert(channels)
      .values({
        id: place.channelId,
        guildId: isDm ? null : place.guildId,
        type: isDm ? DM_TYPE : place.kind === "channel" ? place.type : PUBLIC_THREAD,
        name: place.kind === "channel" ? place.name : "",
        parentId: place.kind === "thread" ? place.parent.id : null,
        listeningSince: since,
        isCatchingUp: isDm,
      })
      .run();
  }

  /**
   * Takes note of a guild: after a cold start of the gateway, or when the bot has joined it. Channels that have messages
   * which were not seen are to be caught up.
   */
  putGuild(
    guild: DiscordGuild,
    listens: Listens,
    { now, installedAt }: { now: number; installedAt: number },
  ): void {
    const known = this.#db.select().from(guilds).where(eq(guilds.id, guild.id)).get();
    const since = known?.since ?? Math.max(guild.joinedAt ?? now, installedAt);
    if (!known) this.#db.insert(guilds).values({ id: guild.id, since }).run();
    // Parents first: a thread is listened to where its parent is.
    const parentsFirst = guild.channels.toSorted(
      (a, b) => Number(isThread(a.type)) - Number(isThread(b.type)),
    );
    for (const channel of parentsFirst) this.#putWithNews(channel, listens, now);
    const active = guild.channels.map(({ id }) => id);
    const isGone = and(eq(channels.guildId, guild.id), notInArrayJson(active), isNull(channels.parentId));
    this.#db.update(channels).set({ listeningSince: null, isCatchingUp: false }).where(isGone).run();
  }

  #putWithNews(channel: DiscordChannel, listens: Listens, now: number): void {
    const row = this.putChannel(channel, listens, now);
    if (row?.listeningSince == null) return;
    const newest = channel.last_message_id;
    // A channel in which nothing was ever written says null; a gateway that says nothing has it read.
    const hasNews = newest !== null && (newest === undefined || isBeyond(newest, row));
    if (hasNews && !row.isCatchingUp) this.#update(row.id, { isCatchingUp: true });
  }

  /** Takes note of a channel or thread. @returns its row; `undefined` when there are no messages in it. */
  putChannel(channel: DiscordChannel, listens: Listens, now: number): ChannelRow | undefined {
    const { id, type } = channel;
    if (!holdsMessages(type)) return undefined;
    const row = this.channel(id);
    const told = {
      guildId: channel.guild_id ?? row?.guildId ?? null,
      type,
      name: channel.name ?? row?.name ?? "",
      // Only a thread's parent has a say; that of a channel is its category.
      parentId: isThread(type) ? (channel.parent_id ?? row?.parentId ?? null) : null,
      isArchived: channel.thread_metadata?.archived ?? false,
    };
    const isListening = listens(this.#place({ id, ...told }));
    const listeningSince = isListening ? (row?.listeningSince ?? this.#beginningOf(row, told, now)) : null;
    const next = { ...told, listeningSince };
    if (!row)
      return this.#db
        .insert(channels)
        .values({ id, ...next })
        .returning()
        .get();
    if (differs(row, next)) this.#update(id, next);
    return { ...row, ...next };
  }

  /** From when on messages of a channel count that was not listened to before. */
  #beginningOf(
    row: ChannelRow | undefined,
    { guildId, parentId }: Pick<ChannelRow, "guildId" | "parentId">,
    now: number,
  ): number {
    // The character did not name it until now.
    if (row) return now;
    const parent = parentId === null ? undefined : this.channel(parentId);
    if (parent?.listeningSince != null) return parent.listeningSince;
    const guild =
      guildId === null ? undefined : this.#db.select().from(guilds).where(eq(guilds.id, guildId)).get();
    return guild?.since ?? now;
  }

  /** A channel or thread is gone. */
  remove(id: string): void {
    this.#db
      .delete(channels)
      .where(or(eq(channels.id, id), eq(channels.parentId, id)))
      .run();
    this.forgetUserThread(id);
  }

  /** The bot has left a guild. */
  removeGuild(id: string): void {
    this.#db.delete(channels).where(eq(channels.guildId, id)).run();
    this.#db.delete(guilds).where(eq(guilds.id, id)).run();
  }

  /**
   * The gateway has begun a session from which what came before is missing. Guilds will tell what is new in them; DMs are
   * told of by nobody, so those that are known are read.
   */
  beginCold(now: number): void {
    const isDm = and(isNull(channels.guildId), isNotNull(channels.listeningSince));
    this.#db.update(channels).set({ isCatchingUp: true }).where(isDm).run();
    const old = snowflakeAt(now - THREAD_MEMORY_MS);
    const isOldThread = and(
      isNotNull(channels.parentId),
      lt(asNumber(sql`coalesce(${channels.lastSeen}, ${channels.id})`), asNumber(sql`${old}`)),
    );
    this.#db.delete(channels).where(isOldThread).run();
  }

  /** Everything up to a message of a channel has been dealt with. */
  seen(id: string, messageId: string): void {
    this.#seen.run({ id, messageId });
  }

  /** The agent is talked to in a thread; one that is still to be started is known by this. */
  involve(thread: Pick<ChannelRow, "id" | "guildId" | "parentId" | "name">, since: number): void {
    this.#db
      .insert(channels)
      .values({ ...thread, type: PUBLIC_THREAD, isInvolved: true, listeningSince: since })
      .onConflictDoUpdate({
        target: channels.id,
        set: { isInvolved: true },
        setWhere: eq(channels.isInvolved, false),
      })
      .run();
  }

  setBotTurns(id: string, botTurns: number): void {
    this.#db
      .update(channels)
      .set({ botTurns })
      .where(and(eq(channels.id, id), ne(channels.botTurns, botTurns)))
      .run();
  }

  userThread(parentId: string, userId: string): string | undefined {
    const isTheirs = and(eq(userThreads.parentId, parentId), eq(userThreads.userId, userId));
    return this.#db.select().from(userThreads).where(isTheirs).get()?.threadId;
  }

  setUserThread(parentId: string, userId: string, threadId: string): void {
    this.#db
      .insert(userThreads)
      .values({ parentId, userId, threadId })
      .onConflictDoUpdate({ target: [userThreads.parentId, userThreads.userId], set: { threadId } })
      .run();
  }

  isCatchingUp(): boolean {
    return this.#anyBehind.get() !== undefined;
  }

  /** The thread is no more, or will never be. */
  forgetUserThread(threadId: string): void {
    this.#db.delete(userThreads).where(eq(userThreads.threadId, threadId)).run();
  }

  /** Channels whose missed messages have not all been read. */
  catchingUp(): ChannelRow[] {
    return this.#db.select().from(channels).where(isBehind).all();
  }

  /** All that was missed has been read, or cannot be. */
  endCatchUp(id: string, { isUnreadable }: Pick<ChannelRow, "isUnreadable">): void {
    this.#update(id, { isCatchingUp: false, isUnreadable });
  }

  #update(id: string, change: Partial<ChannelRow>): void {
    this.#db.update(channels).set(change).where(eq(channels.id, id)).run();
  }
}

/** A literal, so that the partial index serves it. */
const isBehind = sql`${channels.isCatchingUp} = 1`;

/** The id after which messages of a channel are new. @param oldest Unix milliseconds: what is older does not count. */
export function seenUpTo({ lastSeen, listeningSince }: ChannelRow, oldest = 0): string {
  return newestSnowflake(lastSeen, snowflakeAt(Math.max(listeningSince ?? 0, oldest)));
}

function isBeyond(messageId: string, row: ChannelRow): boolean {
  return compareSnowflakes(messageId, seenUpTo(row)) > 0;
}

function differs(row: ChannelRow, next: Partial<ChannelRow>): boolean {
  const names = Object.keys(next) as (keyof ChannelRow)[];
  return names.some((name) => row[name] !== next[name]);
}

/** A guild may have more channels than a statement has variables, so they go as one. */
function notInArrayJson(ids: readonly string[]) {
  return sql`${channels.id} not in (select value from json_each(${JSON.stringify(ids)}))`;
}

function asNumber(id: SQL) {
  return sql`cast(${id} as integer)`;
}

function prepareById(db: LinkDatabase) {
  return db
    .select()
    .from(channels)
    .where(eq(channels.id, placeholder("id")))
    .prepare();
}

function prepareAnyBehind(db: LinkDatabase) {
  return db.select({ id: channels.id }).from(channels).where(isBehind).limit(1).prepare();
}

/** Forward only: what is not younger changes nothing. */
function prepareSeen(db: LinkDatabase) {
  const messageId = sql`${placeholder("messageId")}`;
  return db
    .update(channels)
    .set({ lastSeen: messageId })
    .where(
      and(
        eq(channels.id, placeholder("id")),
        lt(sql`coalesce(cast(${channels.lastSeen} as integer), 0)`, asNumber(messageId)),
      ),
    )
    .prepare();
}
