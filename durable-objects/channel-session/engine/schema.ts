/**
 * What a session keeps in its own SQLite. A row that is read by another version of this code must stay readable: new
 * columns have defaults, JSON columns only gain optional fields.
 */

import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { ProviderErrorCode, TokenUsage } from "../../../shared/llm/provider.ts";
import type { InboundEvent, ReplyTarget } from "../../../shared/session/event.ts";
import type { StepEntry, TurnFailure } from "./journal.ts";

/** Every event that was ever accepted, once. A row is written before its sender hears "accepted". */
export const inbox = sqliteTable(
  "inbox",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    eventId: text("event_id").notNull().unique(),
    /** The turn that a sender is told of. */
    turnId: text("turn_id").notNull(),
    /** The turn that answers it: its own, or that of a later message which is answered together with it. */
    answeredBy: text("answered_by"),
    /** `forgotten`: only its id is left, so that it stays known. */
    status: text("status", { enum: ["waiting", "taken", "forgotten"] }).notNull(),
    event: text("event", { mode: "json" }).$type<InboundEvent>().notNull(),
    receivedAt: integer("received_at").notNull(),
  },
  (table) => [
    index("inbox_status").on(table.status, table.seq),
    index("inbox_turn").on(table.turnId),
    index("inbox_answered").on(table.answeredBy),
  ],
);

/** One answer in the making, or made. At most one is open (running, parked or posting) at any time. */
export const turns = sqliteTable(
  "turns",
  {
    id: text("id").primaryKey(),
    seq: integer("seq").notNull(),
    /** `parked`: nobody works on it until somebody approves or declines a call. */
    state: text("state", {
      enum: ["running", "parked", "posting", "done", "failed", "cancelled"],
    }).notNull(),
    /** Counts the instances that worked on it; a write of an older one is refused. */
    generation: integer("generation").notNull(),
    provider: text("provider"),
    model: text("model"),
    failure: text("failure", { mode: "json" }).$type<TurnFailure>(),
    startedAt: integer("started_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (table) => [index("turns_state").on(table.state), index("turns_seq").on(table.seq)],
);

/** The journal: every model call and tool call, written when it starts and again when it ends. */
export const steps = sqliteTable(
  "steps",
  {
    turnId: text("turn_id").notNull(),
    /** 0, 1, 2 … in the order of the turn. */
    step: integer("step").notNull(),
    entry: text("entry", { mode: "json" }).$type<StepEntry>().notNull(),
    startedAt: integer("started_at").notNull(),
    finishedAt: integer("finished_at"),
  },
  (table) => [primaryKey({ columns: [table.turnId, table.step] })],
);

/** What must be said, in order, until it has been. */
export const outbox = sqliteTable(
  "outbox",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    turnId: text("turn_id").notNull(),
    target: text("target", { mode: "json" }).$type<ReplyTarget>().notNull(),
    text: text("text").notNull(),
    status: text("status", { enum: ["pending", "sent", "undeliverable"] }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [index("outbox_turn").on(table.turnId, table.seq)],
);

/** The conversation as the model reads it: complete messages only. */
export const transcript = sqliteTable(
  "transcript",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    turnId: text("turn_id").notNull(),
    role: text("role", { enum: ["user", "assistant"] }).notNull(),
    content: text("content").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [index("transcript_turn").on(table.turnId)],
);

/** Model calls that are over and that the agent's hub has not confirmed yet. */
export const reports = sqliteTable(
  "reports",
  {
    turnId: text("turn_id").notNull(),
    step: integer("step").notNull(),
    attempt: integer("attempt").notNull(),
    provider: text("provider").notNull(),
    model: text("model").notNull(),
    /** `null`: the call ended without saying. */
    usage: text("usage", { mode: "json" }).$type<TokenUsage>(),
    /** Unix milliseconds at which it ended. */
    at: integer("at").notNull(),
    /** Why it failed; `null` when it did not, or was stopped. */
    error: text("error").$type<ProviderErrorCode>(),
  },
  (table) => [primaryKey({ columns: [table.turnId, table.step, table.attempt] })],
);
export type InboxRow = typeof inbox.$inferSelect;
export type TurnRow = typeof turns.$inferSelect;
export type StepRow = typeof steps.$inferSelect;
export type OutboxRow = typeof outbox.$inferSelect;
export type ReportRow = typeof reports.$inferSelect;
export type TranscriptRow = typeof transcript.$inferSelect;
