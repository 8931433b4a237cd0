import { eq, sql } from "drizzle-orm";
import type { HubDatabase } from "./database.ts";
import { type SettingName, settings } from "./schema.ts";

/** Single values by name. */
export class SettingStore {
  readonly #db: HubDatabase;

  constructor(db: HubDatabase) {
    this.#db = db;
  }

  get(name: SettingName): string | null {
    return this.#db.select().from(settings).where(eq(settings.name, name)).get()?.value ?? null;
  }

  /** Values whose names begin with `<prefix>:`, by the rest of their names. */
  group(prefix: "model"): Record<string, string> {
    const start = `${prefix}:`;
    const isInGroup = sql`substr(${settings.name}, 1, ${start.length}) = ${start}`;
    const rows = this.#db.select().from(settings).where(isInGroup).all();
    return Object.fromEntries(rows.map(({ name, value }) => [name.slice(start.length), value]));
  }

  set(name: SettingName, value: string): void {
    this.#db
      .insert(settings)
      .values({ name, value })
      .onConflictDoUpdate({ target: settings.name, set: { value } })
      .run();
  }

  delete(name: SettingName): void {
    this.#db.delete(settings).where(eq(settings.name, name)).run();
  }
}
