/** Numbers and times in the words of the page. */
import type { TurnView } from "../shared/chat/protocol.ts";
import type { TokenUsage } from "../shared/llm/provider.ts";
import type { PeriodSpend } from "../shared/usage/spend.ts";

const count = new Intl.NumberFormat("en");

/** Tokens in and out; cached input counts as input. */
export function formatTokens(usage: TokenUsage): string {
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  return `${count.format(input)} tokens in, ${count.format(usage.outputTokens)} out`;
}

/** What was spent today, against the ceiling where there is one; empty when there is nothing to say. */
export function formatSpend({ usd, assumedUsd, ceilingUsd }: PeriodSpend): string {
  if (usd === 0 && ceilingUsd === null) return "";
  const spent = `${assumedUsd > 0 ? "about " : ""}${formatUsd(usd)}`;
  return `${spent}${ceilingUsd === null ? "" : ` of ${formatUsd(ceilingUsd)}`} today`;
}

function formatUsd(usd: number): string {
  if (usd > 0 && usd < 0.0001) return "< $0.0001";
  return `$${usd > 0 && usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`;
}

/** What an answer cost, in the same words for every model. */
export function formatCost({ provider, costUsd }: Pick<TurnView, "provider" | "costUsd">): string {
  if (provider === "demo") return "demo · free";
  if (costUsd === null) return "unknown price";
  if (costUsd === 0) return "free";
  return formatUsd(costUsd);
}

/** A duration in milliseconds, to two or three digits. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** When something happened: the time on the same day, else the date. */
export function formatWhen(at: number, now: number): string {
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return (isToday ? clock : day).format(at);
}

/** JSON with indentation; anything else as it is. */
export function formatJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
