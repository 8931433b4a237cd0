import { describe, expect, it } from "vitest";
import { usageOfFailure } from "../../../durable-objects/channel-session/engine/usage-of-failure.ts";
import { costUsd } from "../../../shared/usage/call.ts";

const usage = { inputTokens: 1_000_000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe("the cost of a call", () => {
  it.each([
    ["claude-sonnet-5-5", usage, 2],
    ["claude-sonnet-5-5", null, null],
    ["my-own-model", usage, null],
    ["demo", usage, 0],
    ["demo", null, 0],
  ])("by %s with usage %j is %j", (model, used, usd) => {
    expect(costUsd({ model, usage: used })).toBe(usd);
  });
});

describe("a call that failed", () => {
  it.each(["authentication", "bad_request", "context_too_long", "rate_limited", "overloaded"] as const)(
    "with %s used nothing",
    (code) => {
      expect(usageOfFailure(code, false)).toMatchObject({ inputTokens: 0, outputTokens: 0 });
    },
  );

  it.each(["unavailable", "stream_cut", "timeout", "aborted"] as const)(
    "with %s used nobody knows what",
    (code) => {
      expect(usageOfFailure(code, false)).toBeNull();
    },
  );

  it("after a part of the answer used nobody knows what, whatever the reason", () => {
    expect(usageOfFailure("overloaded", true)).toBeNull();
  });
});
