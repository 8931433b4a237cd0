/** What a user reads when an agent may not spend more. */
import type { Refusal } from "./ceiling.ts";

/** Says what happened and when it is over. @param now Unix milliseconds. */
export function explainRefusal(refusal: Refusal, agentName: string, now: number): string {
  const { period, ceilingUsd, because, resetsAt } = refusal;
  const limit = `${agentName}'s spending limit of $${formatUsd(ceilingUsd)} for ${period === "day" ? "today" : "this month"}`;
  const reset = `It resets ${resetTime(period, resetsAt)} (in about ${duration(resetsAt - now)}).`;
  switch (because) {
    case "spent":
      return `${limit} is reached, so the model was not asked. ${reset}`;
    case "reserved":
      return `${limit} is taken up by answers that are being written, so the model was not asked. Please try again in a few minutes. ${reset}`;
    default:
      return because satisfies never;
  }
}

function formatUsd(usd: number): string {
  const cents = usd.toFixed(2);
  return Number(cents) === usd ? cents : String(usd);
}

function resetTime(period: Refusal["period"], resetsAt: number): string {
  if (period === "day") return "at 00:00 UTC";
  const day = new Intl.DateTimeFormat("en", { month: "long", day: "numeric", timeZone: "UTC" });
  return `on ${day.format(resetsAt)} at 00:00 UTC`;
}

function duration(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / 60_000));
  if (minutes < 60) return count(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return hours < 48 ? count(hours, "hour") : count(Math.round(hours / 24), "day");
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}
