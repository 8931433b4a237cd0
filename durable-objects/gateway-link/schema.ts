/**
 * What a shard's link keeps in its own SQLite. A row that is read by another version of this code must stay readable: new
 * columns have defaults, JSON columns only gain optional fields. Discord's ids are text.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { DiscordMessage } from "../../shared/discord/read-message.ts";
import type { DiscordTarget } from "../../shared/session/event.ts";
import type { Lease } from "./lease.ts";

/** The link itself; one row, with the id 1. */
export const link = sqliteTable("link", {
  id: integer("id").primaryKey(),
  lease: text("lease", { mode: "json" }).$type<Lease>().notNull(),
  /** When the shard was first leased, in Unix milliseconds: nothing older is answered. */
  installedAt: integer("installed_at").notNull(),
  /** The bot's user id, as READY told it. */
  botUserId: text("bot_user_id"),
  /** Of how many shards this is one; a session of another division cannot be resumed. */
  shardCount: integer("shard_count"),
  sessionId: text("session_id"),
  resumeUrl: text("resume_url"),
  /** Every event of the session up to this sequence is stored. */
  seq: integer("seq"),
  /** When the batch that named the session was signed, in Unix seconds. */
  sessionSignedAt: integer("session_signed_at"),
});

/** Guilds the bot is in. */
export const guilds = sqliteTable("guilds", {
  id: text("id").primaryKey(),
  /** Unix milliseconds: nothing older in it is answered. */
  since: integer("since").notNull(),
});

/** Channels, threads and DMs. A thread that an answer will start is here before Discord has made it. */
export const channels = sqliteTable(
  "channels",
  {
    id: text("id").primaryKey(),
    /** `null` for a DM. */
    guildId: text("guild_id"),
    type: integer("type").notNull(),
    name: text("name").notNull(),
    parentId: text("parent_id"),
    isArchived: integer("is_archived", { mode: "boolean" }).notNull().default(false),
    /** Of a thread: the agent has been talked to in it. */
    isInvolved: integer("is_involved", { mode: "boolean" }).notNull().default(false),
    /** Messages of bots that were answered since a person last spoke. */
    botTurns: integer("bot_turns").notNull().default(0),
    /** Unix milliseconds since when its messages are listened to; `null`: they are not. */
    listeningSince: integer("listening_since"),
    /** Every message up to this id is in a session, held here, or not to be answered. */
    lastSeen: text("last_seen"),
    /** Messages may have been missed: they are read before what comes live goes on. */
    isCatchingUp: integer("is_catching_up", { mode: "boolean" }).notNull().default(false),
    /** Reading it was refused, and the operator has been told. */
    isUnreadable: integer("is_unreadable", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    index("channels_guild").on(table.guildId),
    index("channels_catching_up").on(table.id).where(sql`${table.isCatchingUp} = 1`),
  ],
);

/** `threadMode: "per-user"`: whose thread is where. */
export const userThreads = sqliteTable(
  "user_threads",
  {
    parentId: text("parent_id").notNull(),
    userId: text("user_id").notNull(),
    threadId: text("thread_id").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.parentId, table.userId] }),
    index("user_threads_thread").on(table.threadId),
  ],
);

/** The newest messages that are answered, and where: a message that comes again goes the same way, and so do its edits. */
export const routed = sqliteTable("routed", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  messageId: text("message_id").notNull().unique(),
  conversation: text("conversation").notNull(),
  target: text("target", { mode: "json" }).$type<DiscordTarget>().notNull(),
});

/** Messages on their way into a session: it was busy, or what was written before them is still being read. */
export const held = sqliteTable(
  "held",
  {
    messageId: text("message_id").primaryKey(),
    channelId: text("channel_id").notNull(),
    message: text("message", { mode: "json" }).$type<DiscordMessage>().notNull(),
    /** How it came here: `missed` ones are bounded by `catchUp.maxMessages`. */
    source: text("source", { enum: ["missed", "live"] }).notNull(),
  },
  (table) => [index("held_channel").on(table.channelId)],
);

/** Conversations that go on where their name does not lead: in another thread, or in reply to a message in a channel. */
export const continued = sqliteTable("continued", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  /** Id of the thread or message. */
  placeId: text("place_id").notNull().unique(),
  conversation: text("conversation").notNull(),
});

export type LinkRow = typeof link.$inferSelect;
export type ChannelRow = typeof channels.$inferSelect;
export type HeldRow = typeof held.$inferSelect;
export type RoutedRow = typeof routed.$inferSelect;
