/** What was spent, in words. */
import type { PeriodSpend, SpendView } from "../usage/spend.ts";

/** What `/cost` says. */
export function spendReply(name: string, { day, month }: SpendView): string {
  return [
    `**What ${name} has spent**`,
    `- Today: ${amount(day)} · ${calls(day)}`,
    `- This month: ${amount(month)} · ${calls(month)}`,
    ...(day.ceilingUsd === null && month.ceilingUsd === null ? ["- There is no ceiling."] : []),
  ].join("\n");
}

/** One line of `/status`. */
export function spendLine({ day, month }: SpendView): string {
  return `Spent today ${amount(day)} · this month ${amount(month)}`;
}

function amount({ usd, assumedUsd, ceilingUsd }: PeriodSpend): string {
  const about = assumedUsd > 0 ? "about " : "";
  const ceiling = ceilingUsd === null ? "" : ` of ${formatUsd(ceilingUsd)}`;
  return `${about}${formatUsd(usd)}${ceiling}`;
}

function calls({ calls, unpricedCalls }: PeriodSpend): string {
  const unpriced = unpricedCalls > 0 ? `, ${unpricedCalls} of unknown price` : "";
  return `${calls} model call${calls === 1 ? "" : "s"}${unpriced}`;
}

/** Cents, and more digits for less than a cent. */
function formatUsd(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.01 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}
