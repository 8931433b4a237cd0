/** The D1 database: what agents share across conversations. Read and written best-effort; no turn depends on it. */
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What an agent knows about a user. */
export const facts = sqliteTable(
  "facts",
  {
    agent: text("agent").notNull(),
    user: text("user").notNull(),
    fact: text("fact").notNull(),
    /** 0 to 1. */
    confidence: real("confidence").notNull().default(1),
    /** Unix milliseconds. */
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.agent, table.user, table.fact] })],
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
