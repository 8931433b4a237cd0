import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What the one alarm of the object has to do, and when. */
export const jobs = sqliteTable("jobs", {
  kind: text("kind", { enum: ["watchdog", "purge", "approval", "erase"] }).primaryKey(),
  runAt: integer("run_at").notNull(),
});

/** What the alarm may have to do. */
export type JobKind = (typeof jobs.$inferSelect)["kind"];
