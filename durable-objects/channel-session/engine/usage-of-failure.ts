import type { ProviderErrorCode, TokenUsage } from "../../../shared/llm/provider.ts";

const NOTHING: TokenUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/**
 * What a call that failed has used; `null`: nobody knows. An API that turns a request down charges nothing for it.
 *
 * @param heard whether any of the answer had come.
 */
export function usageOfFailure(code: ProviderErrorCode, heard: boolean): TokenUsage | null {
  if (heard) return null;
  switch (code) {
    case "not_configured":
    case "needs_runner":
    case "authentication":
    case "permission":
    case "model_not_found":
    case "bad_request":
    case "context_too_long":
    case "rate_limited":
    case "overloaded":
      return NOTHING;
    case "unavailable":
    case "stream_cut":
    case "timeout":
    case "aborted":
      return null;
    default:
      return code satisfies never;
  }
}

/** Whether an attempt that ended so had begun to answer; one that was refused costs nothing and is not counted. */
export function mayBePaidFor(reason: ProviderErrorCode): boolean {
  return reason === "stream_cut" || reason === "timeout";
}
