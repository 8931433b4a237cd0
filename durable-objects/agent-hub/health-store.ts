/** What the hub has heard of providers and webhooks; an operator reads it in the heartbeat. */
import { and, eq, lt, sql } from "drizzle-orm";
import type { Health } from "../../shared/heartbeat/health.ts";
import type { FinishedCall } from "../../shared/usage/call.ts";
import type { HubDatabase } from "./database.ts";
import { type HealthRow, health } from "./schema.ts";

export class HealthStore {
  readonly #db: HubDatabase;

  constructor(db: HubDatabase) {
    this.#db = db;
  }

  /** Calls that are over. They may come in any order, and more than once. */
  noteCalls(calls: readonly FinishedCall[]): void {
    for (const { provider: name, at, error } of calls) {
      this.#note({ kind: "provider", name, lastAt: at });
      if (error) this.#noteError({ kind: "provider", name }, error, at);
    }
  }

  /** A webhook has delivered. `at`: Unix milliseconds. */
  noteDelivery(source: string, at: number): void {
    this.#note({ kind: "webhook", name: source, lastAt: at });
  }

  /** `undefined` before the first call or delivery. */
  of(kind: HealthRow["kind"], name: string): Health | undefined {
    return this.#db.select().from(health).where(isOf({ kind, name })).get();
  }

  #note(row: Pick<HealthRow, "kind" | "name" | "lastAt">): void {
    this.#db
      .insert(health)
      .values(row)
      .onConflictDoUpdate({
        target: [health.kind, health.name],
        set: { lastAt: sql`max(${health.lastAt}, ${row.lastAt})` },
      })
      .run();
  }

  #noteError(key: Pick<HealthRow, "kind" | "name">, error: string, at: number): void {
    const isNews = lt(sql`coalesce(${health.errorAt}, 0)`, at);
    this.#db
      .update(health)
      .set({ error, errorAt: at })
      .where(and(isOf(key), isNews))
      .run();
  }
}

function isOf({ kind, name }: Pick<HealthRow, "kind" | "name">) {
  return and(eq(health.kind, kind), eq(health.name, name));
}
