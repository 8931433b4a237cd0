/**
 * What an agent's schedule keeps in its own SQLite. A row that is read by another version of this code must stay readable:
 * new columns have defaults, JSON columns only gain optional fields.
 */
import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { runStates } from "../../shared/cron/run.ts";
import type { InboundEvent } from "../../shared/session/event.ts";

/** Jobs that have a schedule. */
export const jobs = sqliteTable("cron_jobs", {
  id: text("id").primaryKey(),
  /** As they stood when `since` was written: a job with another schedule begins anew. */
  schedule: text("schedule").notNull(),
  timezone: text("timezone").notNull(),
  /** Everything that was due up to here is decided; Unix milliseconds. */
  since: integer("since").notNull(),
});

/** Runs, scheduled and by hand. Times are Unix milliseconds. */
export const runs = sqliteTable(
  "cron_runs",
  {
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    /** `<job>:<scheduled time>` or `<job>:manual:<id>`; a job's id holds no colon. */
    id: text("id").notNull().unique(),
    job: text("job"),
    trigger: text("trigger", { enum: ["schedule", "manual"] }).notNull(),
    scheduledAt: integer("scheduled_at").notNull(),
    state: text("state", { enum: runStates }).notNull(),
    /** What the session is handed, and handed again after a crash. */
    event: text("event", { mode: "json" }).$type<InboundEvent>().notNull(),
    conversation: text("conversation").notNull(),
    /** It was replaced, and its session has not been told yet. */
    stopping: integer("stopping", { mode: "boolean" }).notNull().default(false),
    turn: text("turn"),
    output: text("output"),
    quiet: integer("quiet", { mode: "boolean" }).notNull().default(false),
    costUsd: real("cost_usd"),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
  },
  (table) => [index("cron_runs_job").on(table.job, table.seq), index("cron_runs_state").on(table.state)],
);

export type JobRow = typeof jobs.$inferSelect;
export type RunRow = typeof runs.$inferSelect;
