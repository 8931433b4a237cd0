import { type DrizzleSqliteDODatabase, drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "./migrations/migrations.js";

/** The session's own SQLite. */
export type SessionDatabase = DrizzleSqliteDODatabase;

export function openDatabase(storage: DurableObjectStorage): SessionDatabase {
  return drizzle(storage);
}

/** Brings the tables to the version of this code. Call inside `blockConcurrencyWhile`. */
export async function migrateDatabase(db: SessionDatabase): Promise<void> {
  await migrate(db, migrations);
}
