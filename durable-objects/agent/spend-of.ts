import type { Agent } from "../../shared/character/registry.ts";
import { nextUtcDay, nextUtcMonth } from "../../shared/time/utc-period.ts";
import type { SpendView } from "../../shared/usage/spend.ts";
import { callHub } from "../clients/calls.ts";
import type { Env } from "../env.ts";

/** What an agent has spent today and this month, and its ceilings. @throws when its hub cannot be reached. */
export async function readSpend({ id, character }: Agent, env: Env): Promise<SpendView> {
  const { dailyUsd, monthlyUsd } = character.budget;
  const { day, month } = await callHub(env, id, (hub) => hub.spent());
  const now = Date.now();
  const iso = (at: number) => new Date(at).toISOString();
  return {
    day: { ...day, ceilingUsd: dailyUsd ?? null, resetsAt: iso(nextUtcDay(now)) },
    month: { ...month, ceilingUsd: monthlyUsd ?? null, resetsAt: iso(nextUtcMonth(now)) },
  };
}
