import { describe, expect, it } from "vitest";
import type { StepEntry } from "../../../durable-objects/channel-session/engine/journal.ts";
import { earlierMessages, turnMessages } from "../../../durable-objects/channel-session/engine/messages.ts";

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe("the messages of a turn", () => {
  it("answers every tool call of a round in one message after it, and repeats the continuation", () => {
    const toolCalls = [
      { id: "a", name: "get_x", input: { query: {} } },
      { id: "b", name: "get_y", input: {} },
    ];
    const result = {
      text: "",
      toolCalls,
      usage,
      model: "m",
      stopReason: "tools" as const,
      continuation: ["thought"],
    };
    const steps: StepEntry[] = [
      { kind: "model", round: 0, attempt: 1, result },
      ...toolCalls.map(
        ({ id, name, input }, index): StepEntry => ({
          kind: "tool",
          round: 0,
          callId: id,
          name,
          input,
          result: { content: `result ${index}`, isError: index === 1, outcome: "known" },
        }),
      ),
      { kind: "model", round: 1, attempt: 1 },
    ];
    expect(turnMessages({ role: "user", text: "hi" }, steps)).toEqual([
      { role: "user", text: "hi" },
      { role: "assistant", text: "", toolCalls, continuation: ["thought"] },
      {
        role: "tool",
        results: [
          { callId: "a", name: "get_x", content: "result 0", isError: false },
          { callId: "b", name: "get_y", content: "result 1", isError: true },
        ],
      },
    ]);
  });

  it("leaves out a summary, which is made when the turn is over", () => {
    const summary: StepEntry = {
      kind: "summary",
      attempt: 1,
      result: { text: "All of it.", toolCalls: [], usage, model: "m", stopReason: "end" },
    };
    expect(turnMessages({ role: "user", text: "hi" }, [summary])).toEqual([{ role: "user", text: "hi" }]);
  });
});

describe("the conversation before a turn", () => {
  it("is told as texts of both sides", () => {
    const earlier = [
      { role: "user" as const, content: "one" },
      { role: "assistant" as const, content: "two" },
    ];
    expect(earlierMessages(earlier)).toEqual([
      { role: "user", text: "one" },
      { role: "assistant", text: "two", toolCalls: [] },
    ]);
  });
});
