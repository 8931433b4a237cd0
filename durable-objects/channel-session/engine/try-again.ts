import type { ProviderErrorCode } from "../../../shared/llm/provider.ts";
import type { TurnFailure } from "./journal.ts";

/** Failures that may pass by themselves; to try again what failed otherwise would only cost another answer of that kind. */
const PASSING: ReadonlySet<string> = new Set([
  ...(["rate_limited", "overloaded", "unavailable", "stream_cut", "timeout"] satisfies ProviderErrorCode[]),
  "interrupted",
  "budget_unknown",
  "budget_exhausted",
]);

/** Whether another try may help. */
export function mayTryAgain({ code }: TurnFailure): boolean {
  return PASSING.has(code);
}

/** The id of the one event that tries a turn again. */
export function retryEventId(turn: string): string {
  return `retry:${turn}`;
}
