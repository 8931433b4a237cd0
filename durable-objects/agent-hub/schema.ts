/**
 * What an agent's hub keeps in its own SQLite. A row that is read by another version of this code must stay readable: new
 * columns have defaults.
 */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Inability } from "../../shared/session/event.ts";

const callId = {
  turn: text("turn").notNull(),
  step: integer("step").notNull(),
  attempt: integer("attempt").notNull(),
};

/** What is set aside for calls that may be running. The hub that let a call begin may not live to hear of its end. */
export const reservations = sqliteTable(
  "reservations",
  {
    ...callId,
    nanoUsd: integer("nano_usd").notNull(),
    /** Unix milliseconds from which on it no longer stands against the ceilings. */
    leaseUntil: integer("lease_until").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.turn, table.step, table.attempt] }),
    index("reservations_lease").on(table.leaseUntil),
  ],
);

/**
 * Every call that is over. The row is the call's identity, so that one that is reported twice counts once, and it is the
 * outbox of the ledger in D1.
 */
export const calls = sqliteTable(
  "calls",
  {
    ...callId,
    /** `settled`: counted here. `written`: stands in D1 too. */
    status: text("status", { enum: ["settled", "written"] }).notNull(),
    conversation: text("conversation").notNull(),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    /** Tokens are `null` where the call ended without saying. */
    inputTokens: integer("input_tokens"),
    outputTokens: integer("output_tokens"),
    cacheReadTokens: integer("cache_read_tokens"),
    cacheWriteTokens: integer("cache_write_tokens"),
    /** What it cost by the price list; `null`: unknown. */
    nanoUsd: integer("nano_usd"),
    /** Unix milliseconds at which it ended. */
    at: integer("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.turn, table.step, table.attempt] }),
    index("calls_status").on(table.status, table.at),
  ],
);

/** What was spent, by UTC day: whole numbers, so that sums are exact. */
export const spending = sqliteTable("spending", {
  /** `2026-11-21` */
  day: text("day").primaryKey(),
  /** Calls with a known price. */
  nanoUsd: integer("nano_usd").notNull(),
  /** What calls of unknown price are taken for where there is a ceiling. */
  assumedNanoUsd: integer("assumed_nano_usd").notNull(),
  calls: integer("calls").notNull(),
  /** Calls among them whose price is unknown. */
  unpricedCalls: integer("unpriced_calls").notNull(),
});

/** How providers answer and webhooks deliver, as far as the hub has heard. Times are Unix milliseconds. */
export const health = sqliteTable(
  "health",
  {
    kind: text("kind", { enum: ["provider", "webhook"] }).notNull(),
    /** The provider's name, or the webhook's source. */
    name: text("name").notNull(),
    /** The last call or delivery. */
    lastAt: integer("last_at").notNull(),
    /** The last one that failed, and why. */
    errorAt: integer("error_at"),
    error: text("error"),
  },
  (table) => [primaryKey({ columns: [table.kind, table.name] })],
);

/** Single values: what was chosen, and what the operator was told already. */
export const settings = sqliteTable("settings", {
  name: text("name")
    .$type<
      | "provider"
      | `model:${string}`
      | "told:day"
      | "told:month"
      | `told:${Inability}:${string}`
      | "assignment"
      | `heartbeat:${"next" | "sent" | "failed"}`
    >()
    .primaryKey(),
  value: text("value").notNull(),
});

export type HealthRow = typeof health.$inferSelect;
export type CallRow = typeof calls.$inferSelect;
export type SpendingRow = typeof spending.$inferSelect;
export type SettingName = (typeof settings.$inferSelect)["name"];
