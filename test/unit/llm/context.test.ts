import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONTEXT_MESSAGES, type ContextParts, contextRoom, fitContext } from "../../../shared/llm/context.ts";
import { cutToTokens, LEAST_CUT_TOKENS } from "../../../shared/llm/cut-text.ts";
import { modelTraits } from "../../../shared/llm/models.ts";
import type { ModelMessage } from "../../../shared/llm/provider.ts";
import { estimateMessageTokens, estimateTokens } from "../../../shared/llm/tokens.ts";

const user = (text: string): ModelMessage => ({ role: "user", text });
const answer = (text: string): ModelMessage => ({ role: "assistant", text, toolCalls: [] });

function parts(change: Partial<ContextParts> = {}): ContextParts {
  return {
    system: { stable: "You test.", varying: "" },
    tools: [],
    earlier: [],
    turn: [user("now")],
    maxTokens: 1_000,
    contextWindow: 32_000,
    ...change,
  };
}

function tokens(messages: readonly ModelMessage[]): number {
  return messages.reduce((total, message) => total + estimateMessageTokens(message), 0);
}

describe("the context of a call", () => {
  it("holds the last 20 messages and begins with the user", () => {
    const earlier = Array.from({ length: 31 }, (_, n) =>
      n % 2 === 0 ? user(`message ${n}`) : answer(`message ${n}`),
    );
    const fitted = fitContext(parts({ earlier }));
    expect(fitted).toHaveLength(CONTEXT_MESSAGES);
    expect(fitted[0]).toEqual(user("message 12"));
    expect(fitted.at(-1)).toEqual(user("now"));
  });

  it("has nothing before the user's message when no user spoke before", () => {
    expect(fitContext(parts({ earlier: [answer("alone")] }))).toEqual([user("now")]);
  });

  it("changes nothing of what fits", () => {
    const earlier = [user("one"), answer("two")];
    expect(fitContext(parts({ earlier }))).toEqual([...earlier, user("now")]);
  });

  it("drops the oldest messages first when the window is small", () => {
    const earlier = Array.from({ length: 10 }, (_, n) => user(`${n} ${"word ".repeat(400)}`));
    const fitted = fitContext(parts({ earlier, contextWindow: 6_000 }));
    expect(fitted.length).toBeGreaterThan(2);
    expect(fitted.length).toBeLessThan(11);
    expect(fitted.slice(0, -1)).toEqual(earlier.slice(-(fitted.length - 1)));
  });

  it("cuts one giant message instead of letting it displace the others", () => {
    const earlier = [user("small"), answer("x".repeat(400_000)), user("smaller"), answer("ok")];
    const fitted = fitContext(parts({ earlier }));
    expect(fitted).toHaveLength(5);
    expect(fitted[0]).toEqual(user("small"));
    expect(fitted[1]).toMatchObject({ text: expect.stringMatching(/[\d,]+ characters left out here/) });
  });

  it("cuts the longest tool results, and leaves the question and the short ones whole", () => {
    const call = (id: string) => ({ id, name: "get_x", input: {} });
    const result = (callId: string, content: string) => ({ callId, name: "get_x", content, isError: false });
    const turn: ModelMessage[] = [
      user("what do they say?"),
      { role: "assistant", text: "", toolCalls: [call("a"), call("b"), call("c")], continuation: ["signed"] },
      {
        role: "tool",
        results: [result("a", "x".repeat(90_000)), result("b", "short"), result("c", "y".repeat(90_000))],
      },
    ];
    const [question, asked, told] = fitContext(parts({ turn, earlier: [user("before")] }));
    expect(question).toEqual(turn[0]);
    expect(asked).toEqual(turn[1]);
    if (told?.role !== "tool") throw new Error("the results are gone");
    const [a, b, c] = told.results.map(({ content }) => content);
    expect(b).toBe("short");
    expect(a).toContain("characters left out here");
    expect(Math.abs((a?.length ?? 0) - (c?.length ?? 0))).toBeLessThan(10);
    expect(tokens([...turn.slice(0, 2), told])).toBeLessThanOrEqual(contextRoom(parts()));
  });

  it("leaves room for the answer, the prompt and the tools", () => {
    const tools = [
      { name: "t", description: "d".repeat(1_000), inputSchema: { type: "object" as const, properties: {} } },
    ];
    const bare = contextRoom(parts());
    expect(contextRoom(parts({ maxTokens: 2_000 }))).toBe(bare - 1_000);
    expect(contextRoom(parts({ tools }))).toBeLessThan(bare - 400);
    expect(contextRoom(parts({ maxTokens: 1_000_000 }))).toBeGreaterThan(10_000);
  });

  const texts = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc
      .tuple(fc.constantFrom("word ", "漢字", "🌍", "{}[];"), fc.nat(8_000))
      .map(([unit, n]) => unit.repeat(n)),
  );
  const earlierMessages = fc.array(fc.oneof(texts.map(user), texts.map(answer)), { maxLength: 30 });
  const rounds = fc.array(fc.array(texts, { minLength: 1, maxLength: 3 }), { maxLength: 4 }).map((contents) =>
    contents.flatMap((results, round): ModelMessage[] => [
      {
        role: "assistant",
        text: "looking",
        toolCalls: results.map((_, index) => ({ id: `${round}-${index}`, name: "get_x", input: {} })),
        continuation: { signed: round },
      },
      {
        role: "tool",
        results: results.map((content, index) => ({
          callId: `${round}-${index}`,
          name: "get_x",
          content,
          isError: false,
        })),
      },
    ]),
  );

  it("always fits, never breaks a pair, and never loses the user's message", () => {
    fc.assert(
      fc.property(
        earlierMessages,
        texts,
        rounds,
        fc.integer({ min: 6_000, max: 200_000 }),
        (earlier, text, made, contextWindow) => {
          const turn = [user(text), ...made];
          const given = parts({ earlier, turn, contextWindow });
          const fitted = fitContext(given);
          expect(tokens(fitted)).toBeLessThanOrEqual(contextRoom(given));
          expect(fitted[0]?.role).toBe("user");

          const own = fitted.slice(-turn.length);
          const shape = (messages: readonly ModelMessage[]) =>
            messages.map((message) =>
              message.role === "tool"
                ? message.results.map(({ callId }) => callId)
                : message.role === "assistant"
                  ? message
                  : "user",
            );
          expect(shape(own)).toEqual(shape(turn));
          const said = own[0];
          if (said?.role !== "user") throw new Error("the user's message is gone");
          expect(said.text === text || said.text.includes("characters left out here")).toBe(true);

          const before = fitted.slice(0, -turn.length);
          expect(before.length).toBeLessThanOrEqual(CONTEXT_MESSAGES);
          expect(before.map(({ role }) => role)).toEqual(
            before.length === 0 ? [] : earlier.slice(-before.length).map(({ role }) => role),
          );
        },
      ),
    );
  });
});

describe("a cut", () => {
  it("keeps beginning and end and says how much is missing", () => {
    const cut = cutToTokens(`begin ${"x".repeat(10_000)} end`, 200);
    expect(cut).toMatch(
      /^begin x+\n\[… [\d,]+ characters left out here: too long for the model …\]\nx+ end$/,
    );
    const missing = Number(/([\d,]+) characters/.exec(cut)?.[1]?.replaceAll(",", ""));
    expect(cut.replace(/\n\[…[^\]]*\]\n/, "").length + missing).toBe(10_010);
  });

  it("is never longer than it may be, and never splits a character", () => {
    const long = fc.tuple(fc.constantFrom("🌍", "漢", "a", "é🌍b"), fc.integer({ min: 1, max: 5_000 }));
    fc.assert(
      fc.property(long, fc.integer({ min: LEAST_CUT_TOKENS, max: 3_000 }), ([unit, count], limit) => {
        const cut = cutToTokens(unit.repeat(count), limit);
        expect(estimateTokens(cut)).toBeLessThanOrEqual(limit);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("an estimate", () => {
  it.each([
    ["English", "The quick brown fox jumps over the lazy dog. ", 10],
    ["code", "for (let i = 0; i < list.length; i++) total += list[i].price;\n", 22],
    ["Chinese", "我们明天下午三点在办公室见面讨论这个项目", 16],
    ["Japanese", "明日の午後三時に事務所で会いましょう", 14],
    ["emoji", "🎉🎉🎉🎉", 4],
  ])("of %s is not below what a tokenizer counts", (_, text, counted) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(counted);
    expect(estimateTokens(text)).toBeLessThan(counted * 3.5);
  });
});

describe("a model's window", () => {
  it.each([
    ["claude-sonnet-5-5", 1_000_000, true],
    ["claude-haiku-4-5-20251001", 200_000, true],
    ["claude-haiku-5-5", 200_000, true],
    ["gpt-6.1-terra", 922_000, true],
    ["gpt-5.4-mini-2026-03-01", 272_000, true],
    ["gpt-4o-mini", 128_000, true],
    ["gpt-4-0613", 8_000, false],
    ["o3-mini", 32_000, false],
    ["llama-4-70b", 32_000, false],
    ["demo", 32_000, false],
  ])("of %s is %d tokens", (model, contextWindow, seesImages) => {
    expect(modelTraits(model)).toEqual({ contextWindow, seesImages });
  });
});
