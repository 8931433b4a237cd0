import { type DrizzleSqliteDODatabase, drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "./migrations/migrations.js";

/** The link's own SQLite. */
export type LinkDatabase = DrizzleSqliteDODatabase;

export function openDatabase(storage: DurableObjectStorage): LinkDatabase {
  return drizzle(storage);
}

/** Brings the tables to the version of this code. Call inside `blockConcurrencyWhile`. */
export async function migrateDatabase(db: LinkDatabase): Promise<void> {
  await migrate(db, migrations);
}
