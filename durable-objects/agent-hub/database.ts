import { type DrizzleSqliteDODatabase, drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "./migrations/migrations.js";

/** The hub's own SQLite. */
export type HubDatabase = DrizzleSqliteDODatabase;

export function openDatabase(storage: DurableObjectStorage): HubDatabase {
  return drizzle(storage);
}

/** Brings the tables to the version of this code. Call inside `blockConcurrencyWhile`. */
export async function migrateDatabase(db: HubDatabase): Promise<void> {
  await migrate(db, migrations);
}
