import { describe, expect, it } from "vitest";
import { CONTEXT_MESSAGES, modelMessages } from "../../../durable-objects/channel-session/messages.ts";
import type { StepEntry } from "../../../durable-objects/channel-session/schema.ts";

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

describe("the messages of a model call", () => {
  it("holds the last 20 messages and begins with the user", () => {
    const earlier = Array.from({ length: 31 }, (_, index) => ({
      role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
      content: `message ${index}`,
    }));
    const messages = modelMessages(earlier, "now", []);
    expect(messages).toHaveLength(CONTEXT_MESSAGES);
    expect(messages[0]).toEqual({ role: "user", text: "message 12" });
    expect(messages.at(-1)).toEqual({ role: "user", text: "now" });
  });

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
    expect(modelMessages([], "hi", steps)).toEqual([
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

  it("has nothing before the user's message when no user spoke before", () => {
    expect(modelMessages([{ role: "assistant", content: "alone" }], "hi", [])).toEqual([
      { role: "user", text: "hi" },
    ]);
  });
});
