import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What the model reads in place of messages that no longer fit. There is at most one row, with the id 1. */
export const summaries = sqliteTable("summaries", {
  id: integer("id").primaryKey(),
  text: text("text").notNull(),
  /** It holds every message of the transcript up to this `seq`. */
  upTo: integer("up_to").notNull(),
  /** When the oldest message in it was said; it is forgotten with that message. */
  since: integer("since").notNull(),
});

export type SummaryRow = typeof summaries.$inferSelect;
