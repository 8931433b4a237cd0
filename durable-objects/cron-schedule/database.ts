import { type DrizzleSqliteDODatabase, drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "./migrations/migrations.js";

/** The schedule's own SQLite. */
export type ScheduleDatabase = DrizzleSqliteDODatabase;

export function openDatabase(storage: DurableObjectStorage): ScheduleDatabase {
  return drizzle(storage);
}

/** Brings the tables to the version of this code. Call inside `blockConcurrencyWhile`. */
export async function migrateDatabase(db: ScheduleDatabase): Promise<void> {
  await migrate(db, migrations);
}
