import { describe, expect, it } from "vitest";
import { formatCost, formatDuration, formatJson, formatSpend, formatTokens } from "../../../public/format.ts";
import { newId, readRoute, writeRoute } from "../../../public/route.ts";
import { reconnectDelay } from "../../../public/socket.ts";
import { suggestions } from "../../../public/suggestions.ts";

describe("the address", () => {
  it("names the conversation, and reads back as it was written", () => {
    const route = { agent: "example-e", chat: newId() };
    expect(readRoute(writeRoute(route))).toEqual(route);
    expect(readRoute("#/example-e")).toEqual({ agent: "example-e", chat: null });
  });

  it.each(["", "#", "#/", "#/a/b/c", "#/a b", "#/../x", `#/a/${"x".repeat(65)}`])(
    "names nothing: %j",
    (hash) => {
      expect(readRoute(hash)).toBeNull();
    },
  );

  it("gives every conversation and message an id that the server takes", () => {
    const ids = Array.from({ length: 200 }, newId);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("suggestions", () => {
  it("ask for what the agent's tools give", () => {
    const tools = [
      {
        name: "get_quotes_random",
        description: "A random quote. Query: topic (optional).\nGET /quotes/random",
      },
      { name: "get_quotes_id", description: "One quote by its id." },
      { name: "get_weather", description: "An hourly forecast" },
      { name: "post_quotes", description: "A new quote." },
    ];
    expect(suggestions(tools)).toEqual(["Give me a random quote", "Give me an hourly forecast"]);
  });

  it("are none for an agent without tools", () => {
    expect(suggestions([])).toEqual([]);
  });
});

describe("a reconnecting client", () => {
  it("waits twice as long each time, up to 15 s, and less at random but never less than half", () => {
    const latest = [0, 1, 2, 3, 4, 5, 20].map((attempt) => reconnectDelay(attempt, () => 0));
    expect(latest).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(reconnectDelay(20, () => 1)).toBe(7_500);
  });
});

describe("numbers", () => {
  const tokens = { inputTokens: 1000, outputTokens: 86, cacheReadTokens: 200, cacheWriteTokens: 4 };

  it("count cached input as input", () => {
    expect(formatTokens(tokens)).toBe("1,204 tokens in, 86 out");
  });

  it.each([
    ["demo", 0, "demo · free"],
    ["demo", null, "demo · free"],
    ["anthropic", null, "unknown price"],
    ["anthropic", 0, "free"],
    ["anthropic", 0.00001, "< $0.0001"],
    ["anthropic", 0.0042, "$0.0042"],
    ["openai-api", 1.236, "$1.24"],
  ] as const)("say what an answer by %s at %s costs: %s", (provider, costUsd, text) => {
    expect(formatCost({ provider, costUsd })).toBe(text);
  });

  it.each([
    [{ usd: 0, ceilingUsd: null }, ""],
    [{ usd: 0.0421, ceilingUsd: null }, "$0.0421 today"],
    [{ usd: 0, ceilingUsd: 5 }, "$0.00 of $5.00 today"],
    [{ usd: 1.236, ceilingUsd: 2.5 }, "$1.24 of $2.50 today"],
    [{ usd: 1.2, assumedUsd: 0.1, ceilingUsd: 2 }, "about $1.20 of $2.00 today"],
    [{ usd: 0, ceilingUsd: 0 }, "$0.00 of $0.00 today"],
  ])("say what was spent today: %j", (spend, text) => {
    const period = { assumedUsd: 0, calls: 1, unpricedCalls: 0, resetsAt: "2026-11-22T00:00:00.000Z" };
    expect(formatSpend({ ...period, ...spend })).toBe(text);
  });

  it.each([
    [42.4, "42 ms"],
    [1_350, "1.4 s"],
    [125_000, "2 min 5 s"],
    [119_700, "2 min 0 s"],
  ])("say how long %d ms are", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("show JSON readable and leave other text alone", () => {
    expect(formatJson('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(formatJson("{cut off")).toBe("{cut off");
  });
});
