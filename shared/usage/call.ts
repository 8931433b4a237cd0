/** A model call as sessions and the hub speak of it; plain data, sent over RPC. */
import { isFree, priceUsd } from "../llm/prices.ts";
import type { ProviderErrorCode, TokenUsage } from "../llm/provider.ts";

/** Names one model call for ever. `attempt` grows when a call is made again because its outcome was lost. */
export interface CallId {
  turn: string;
  step: number;
  attempt: number;
}

/** A call that is over, however it ended. */
export interface FinishedCall extends CallId {
  conversation: string;
  provider: string;
  /** As the API named it; as it was asked for, where the API did not come to say. */
  model: string;
  /** `null`: it ended without saying, which is not the same as nothing. */
  usage: TokenUsage | null;
  /** Unix milliseconds. */
  at: number;
  /** Why it failed, if it did. */
  error?: ProviderErrorCode | null;
}

/** What a call cost in US dollars; `null` when its usage or its model's price is unknown. */
export function costUsd({ model, usage }: Pick<FinishedCall, "model" | "usage">): number | null {
  if (usage === null) return isFree(model) ? 0 : null;
  return priceUsd(model, usage);
}
