import { eq } from "drizzle-orm";
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
