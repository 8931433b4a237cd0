/** How long an agent's memory is kept: which setting of `memory` holds for what. */
import type { Character } from "../character/schema.ts";
import { retainedSince } from "../time/retention.ts";

export type MemorySettings = Character["memory"];

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
