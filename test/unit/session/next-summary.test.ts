import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StepEntry } from "../../../durable-objects/channel-session/engine/journal.ts";
import {
  nextSummary,
  type UnsummarisedMessage,
} from "../../../durable-objects/channel-session/parts/summary/next-summary.ts";
import { CONTEXT_MESSAGES } from "../../../shared/llm/context.ts";
import { estimateTokens } from "../../../shared/llm/tokens.ts";

const WINDOW = 32_000;
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const result = { text: "x", toolCalls: [], usage, model: "m", stopReason: "end" as const };
const answered: StepEntry = { kind: "model", round: 0, attempt: 1, result };

function messages(count: number, content = "hello", from = 1): UnsummarisedMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: from + index,
    role: index % 2 === 0 ? "user" : "assistant",
    content,
    at: from + index,
  }));
}

describe("whether it is time for a summary", () => {
  it.each<
    [string, UnsummarisedMessage[], StepEntry[], { step: number; attempt: number; upTo: number } | null]
  >([
    ["not while the prompt holds everything", messages(20), [answered], null],
    ["once a message falls out", messages(21), [answered], { step: 1, attempt: 1, upTo: 11 }],
    [
      "again when it died",
      messages(21),
      [answered, { kind: "summary", attempt: 1 }],
      { step: 1, attempt: 2, upTo: 11 },
    ],
    ["not a fourth time", messages(21), [answered, { kind: "summary", attempt: 3 }], null],
    [
      "not again after this turn, made or not",
      messages(31),
      [answered, { kind: "summary", attempt: 1, result }],
      null,
    ],
    [
      "not again after this turn when it failed",
      messages(21),
      [answered, { kind: "summary", attempt: 1, failed: true }],
      null,
    ],
    [
      "when a few messages fill half the window",
      messages(5, "x".repeat(60_000)),
      [answered],
      { step: 1, attempt: 1, upTo: 3 },
    ],
  ])("%s", (_, unsummarised, steps, expected) => {
    const plan = nextSummary(unsummarised, steps, WINDOW);
    const seen = plan && { step: plan.step, attempt: plan.attempt, upTo: plan.messages.at(-1)?.seq };
    expect(seen ?? null).toEqual(expected);
  });

  it("leaves no gap: what no summary holds is in the prompt, whatever the conversation", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 80 }), (lengths) => {
        let upTo = 0;
        const all: UnsummarisedMessage[] = [];
        let summaries = 0;
        for (const [turn, length] of lengths.entries()) {
          all.push(...messages(2, "x".repeat(length), 2 * turn + 1));
          const plan = nextSummary(all.slice(upTo), [answered], WINDOW);
          if (plan) {
            expect(plan.messages[0]?.seq).toBe(upTo + 1);
            upTo = plan.messages.at(-1)?.seq ?? upTo;
            summaries++;
          }
          expect(all.length - upTo).toBeLessThanOrEqual(CONTEXT_MESSAGES);
        }
        // A dozen messages at a time: a long conversation is not summarised after each turn.
        expect(summaries).toBeLessThanOrEqual(Math.ceil(all.length / 10));
      }),
    );
  });

  it("never asks a model to read more than half its window", () => {
    // In windows, so that each size has messages which fill it in ones, in tens and in hundreds.
    const shares = fc.array(fc.oneof(fc.nat(5), fc.nat(50), fc.nat(500)), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(shares, fc.constantFrom(8_000, 32_000), (hundredths, contextWindow) => {
        const all = hundredths.flatMap((share, n) =>
          messages(1, "y".repeat((share * contextWindow) / 100), n + 1),
        );
        const plan = nextSummary(all, [answered], contextWindow);
        if (!plan) return;
        expect(plan.messages.length).toBeGreaterThan(0);
        const read = plan.messages.reduce((sum, { content }) => sum + estimateTokens(content), 0);
        expect(read).toBeLessThanOrEqual(contextWindow / 2);
      }),
      { numRuns: 100 },
    );
  });
});
