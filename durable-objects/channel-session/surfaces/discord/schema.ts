/** The tables of what was posted, and where. New columns have defaults: rows are read by other versions of this code. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Messages of Discord that show an answer. A row is written before the request that makes its message. */
export const posts = sqliteTable(
  "posts",
  {
    turnId: text("turn_id").notNull(),
    /** Its place in the answer, from 0. */
    part: integer("part").notNull(),
    /** Counts the messages that were made for this part, because somebody deleted those before. */
    take: integer("take").notNull(),
    channelId: text("channel_id").notNull(),
    /** `null`: it was sent, and nobody knows what became of it. */
    messageId: text("message_id"),
    /** What was sent last. */
    content: text("content").notNull(),
    /** Whether Discord is known to have `content`. */
    confirmed: integer("confirmed", { mode: "boolean" }).notNull(),
    hasFile: integer("has_file", { mode: "boolean" }).notNull(),
    /** The answer was stopped, and does not say so yet. */
    stopping: integer("stopping", { mode: "boolean" }).notNull(),
    /** Custom ids of the controls that were sent with it last. */
    controls: text("controls", { mode: "json" }).$type<string[]>().notNull().default([]),
    /** By what it was made. */
    place: text("place", { enum: ["token", "channel", "dm"] })
      .notNull()
      .default("channel"),
    /** When it was sent first, in Unix milliseconds. */
    attemptedAt: integer("attempted_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.turnId, table.part] })],
);

/** Threads that answers have started from messages. A row is written before the request that starts its thread. */
export const threads = sqliteTable("threads", {
  /** Discord gives a thread the id of the message that it was started from. */
  messageId: text("message_id").primaryKey(),
  /** `asked`: nobody knows what became of it. `none`: it could not be had, and the answer is elsewhere. */
  state: text("state", { enum: ["asked", "made", "none"] }).notNull(),
});

export type ThreadState = (typeof threads.$inferSelect)["state"];
export type PostRow = typeof posts.$inferSelect;
