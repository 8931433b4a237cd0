/** How long an agent's memory is kept: which setting of `memory` holds for what. */
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { Character } from "../character/schema.ts";
import { retainedSince } from "../time/retention.ts";
import { facts, patterns } from "./schema.ts";
import { isExpired } from "./upkeep.ts";

type MemorySettings = Character["memory"];

/** Facts told last before this are forgotten: `historyRetention`. Unix milliseconds. */
export function factsSince({ historyRetention }: MemorySettings, now: number): number {
  return retainedSince(historyRetention, now);
}

/** Patterns told last before this are forgotten: `patternRetention`. Unix milliseconds. */
export function patternsSince({ patternRetention }: MemorySettings, now: number): number {
  return retainedSince(patternRetention, now);
}

/** Whether anything of an agent is ever forgotten by its age. */
export function isEverForgotten({
  conversationRetention,
  historyRetention,
  patternRetention,
}: MemorySettings): boolean {
  return [conversationRetention, historyRetention, patternRetention].some((text) => text !== "indefinite");
}

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
