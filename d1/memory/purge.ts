import type { DrizzleD1Database } from "drizzle-orm/d1";
import { factsSince, type MemorySettings, patternsSince } from "../../shared/memory/retention.ts";
import { facts, patterns } from "../schema.ts";
import { isExpired } from "./upkeep.ts";

/** Deletes what an agent no longer remembers. @throws when D1 does not answer. */
export async function purgeMemory(
  db: DrizzleD1Database,
  agent: string,
  memory: MemorySettings,
  now: number,
): Promise<void> {
  await db.batch([
    db.delete(facts).where(isExpired(facts, agent, factsSince(memory, now))),
    db.delete(patterns).where(isExpired(patterns, agent, patternsSince(memory, now))),
  ]);
}
