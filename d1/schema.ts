/** The D1 database: what agents share across conversations. Read and written best-effort; no turn depends on it. */

import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { PatternData } from "../shared/memory/pattern.ts";

/** What facts and patterns have in common: how often, how surely and when something was told. */
const told = {
  /** 0 to 1; raised each time it is told again. */
  confidence: real("confidence").notNull().default(1),
  /** How often it was told. */
  occurrences: integer("occurrences").notNull().default(1),
  /** Unix milliseconds. */
  createdAt: integer("created_at").notNull(),
  /** When it was told last, Unix milliseconds: its retention counts from here. */
  lastSeenAt: integer("last_seen_at").notNull(),
  /** The tool call that told it last: the same call, made again after a crash, does not count twice. */
  source: text("source"),
};

/** What an agent knows about a user. */
export const facts = sqliteTable(
  "facts",
  {
    agent: text("agent").notNull(),
    user: text("user").notNull(),
    /** The fact as facts are compared: `memoryKey`. */
    key: text("key").notNull(),
    /** As it was told first. */
    fact: text("fact").notNull(),
    ...told,
  },
  (table) => [
    primaryKey({ columns: [table.agent, table.user, table.key] }),
    index("facts_last_seen").on(table.agent, table.lastSeenAt),
  ],
);

/** What an agent has learned about things that are not the user who speaks; all its users share it. */
export const patterns = sqliteTable(
  "patterns",
  {
    agent: text("agent").notNull(),
    /** What it is about, e.g. `repo:owner/name`, as `memoryKey` writes it. */
    entity: text("entity").notNull(),
    /** What kind of thing was learned, as `memoryKey` writes it. */
    type: text("type").notNull(),
    /** As it was told last. */
    data: text("data", { mode: "json" }).$type<PatternData>().notNull(),
    ...told,
  },
  (table) => [
    primaryKey({ columns: [table.agent, table.entity, table.type] }),
    index("patterns_last_seen").on(table.agent, table.lastSeenAt),
  ],
);

/** The list of web chats, newest first, as the playground shows it. */
export const chats = sqliteTable(
  "chats",
  {
    agent: text("agent").notNull(),
    id: text("id").notNull(),
    title: text("title").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.agent, table.id] }),
    index("chats_updated").on(table.agent, table.updatedAt),
  ],
);

/** The ledger: every model call once, written by the agent's hub. */
export const usage = sqliteTable(
  "usage",
  {
    turn: text("turn").notNull(),
    /** Place of the call in its turn's journal. */
    step: integer("step").notNull(),
    /** 1, and more for a call that was made again because its outcome was lost. */
    attempt: integer("attempt").notNull(),
    agent: text("agent").notNull(),
    conversation: text("conversation").notNull(),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    /** `null`: the call ended without saying. */
    inputTokens: integer("input_tokens"),
    outputTokens: integer("output_tokens"),
    cacheReadTokens: integer("cache_read_tokens"),
    cacheWriteTokens: integer("cache_write_tokens"),
    /** US dollars; `null`: unknown. */
    usd: real("usd"),
    /** Unix milliseconds at which the call ended. */
    at: integer("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.turn, table.step, table.attempt] }),
    index("usage_at").on(table.at),
    index("usage_agent").on(table.agent, table.at),
  ],
);

/** One-time login tickets that were used. */
export const usedTickets = sqliteTable("used_tickets", {
  nonce: text("nonce").primaryKey(),
  /** Unix seconds; the row can go then, for the ticket is void anyway. */
  expires: integer("expires").notNull(),
});
