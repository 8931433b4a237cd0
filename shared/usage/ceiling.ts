/** Decides whether a model call may be made. */
import type { Budget } from "../character/sections/budget.ts";
import { nextUtcDay, nextUtcMonth } from "../time/utc-period.ts";
import { fromNanoUsd, toNanoUsd } from "./nano-usd.ts";

/** What stands against the ceilings, in nano-dollars. */
export interface Standing {
  day: number;
  month: number;
  /** Set aside for calls that may be running. */
  reserved: number;
}

/** Why a call may not be made. */
export interface Refusal {
  period: "day" | "month";
  ceilingUsd: number;
  spentUsd: number;
  /** `spent`: the ceiling is reached. `reserved`: it would be, if running calls cost what they may. */
  because: "spent" | "reserved";
  /** When the period ends, in Unix milliseconds. */
  resetsAt: number;
}

/**
 * The ceiling that stands against another call, or `null`. Of several, the one that is surely reached, then the one that
 * lasts longer.
 *
 * The call itself is not counted: below the ceiling one more is allowed. Each period therefore ends at most one call above
 * its ceiling, however many are asked for at once.
 *
 * @param now Unix milliseconds.
 */
export function standingRefusal(budget: Budget, standing: Standing, now: number): Refusal | null {
  const reached = [
    refusal("month", budget.monthlyUsd, standing, nextUtcMonth(now)),
    refusal("day", budget.dailyUsd, standing, nextUtcDay(now)),
  ].filter((found) => found !== null);
  return reached.find(({ because }) => because === "spent") ?? reached[0] ?? null;
}

function refusal(
  period: Refusal["period"],
  ceilingUsd: number | undefined,
  standing: Standing,
  resetsAt: number,
): Refusal | null {
  if (ceilingUsd === undefined) return null;
  const spent = standing[period];
  const ceiling = toNanoUsd(ceilingUsd);
  if (spent + standing.reserved < ceiling) return null;
  const because = spent >= ceiling ? "spent" : "reserved";
  return { period, ceilingUsd, spentUsd: fromNanoUsd(spent), because, resetsAt };
}

/** Whether there is any ceiling. */
export function hasCeiling({ dailyUsd, monthlyUsd }: Budget): boolean {
  return dailyUsd !== undefined || monthlyUsd !== undefined;
}
