import { afterEach, describe, expect, it, vi } from "vitest";
import type { Fact } from "../../../shared/memory/fact.ts";
import type { Pattern } from "../../../shared/memory/pattern.ts";
import { withBuiltInTools } from "../../../shared/tools/built-in.ts";
import { buildMemoryTools, type Memory } from "../../../shared/tools/memory.ts";
import type { Tool } from "../../../shared/tools/tool.ts";

afterEach(() => {
  vi.useRealTimers();
});

const told = { confidence: 0.8, occurrences: 1, createdAt: 0, lastSeenAt: Date.UTC(2026, 10, 21) };
const likesTea: Fact = { fact: "Likes tea", ...told };
const flaky: Pattern = { entity: "repo:a/b", type: "flaky-test", data: { test: "login" }, ...told };

/** A memory that knows `facts` and `patterns`, and notes what it is told. */
function memoryOf(facts: Fact[] = [], patterns: Pattern[] = []) {
  const notes: unknown[] = [];
  const memory: Memory = {
    rememberFact: async (fact) => void notes.push(fact),
    rememberPattern: async (pattern) => void notes.push(pattern),
    recall: async () => ({ facts, patterns }),
    forgetFact: async (fact) => facts.some((known) => known.fact === fact),
  };
  return { memory, notes };
}

function run(memory: Memory, name: string, input: unknown, signal = new AbortController().signal) {
  const failures: unknown[] = [];
  const tool = buildMemoryTools(memory, (cause) => failures.push(cause)).find((one) => one.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool.run(input, { idempotencyKey: "turn-1", signal }).then((outcome) => ({ ...outcome, failures }));
}

describe("what a model remembers", () => {
  it("is a fact, tidy, with the call that told it", async () => {
    const { memory, notes } = memoryOf();
    const outcome = await run(memory, "remember", { fact: " Likes\n tea ", pattern: null });
    expect(outcome).toMatchObject({ content: "Remembered about the user: Likes tea", isError: false });
    expect(notes).toEqual([{ fact: "Likes tea", confidence: 0.8, source: "turn-1" }]);
  });

  it("or a pattern", async () => {
    const { memory, notes } = memoryOf();
    const { entity, type, data } = flaky;
    const outcome = await run(memory, "remember", { pattern: { entity, type, data }, confidence: 0.5 });
    expect(outcome.isError).toBe(false);
    expect(notes).toEqual([{ entity, type, data, confidence: 0.5, source: "turn-1" }]);
  });

  const pattern = { entity: "repo:a/b", type: "flaky-test", data: {} };
  let deep: unknown = {};
  for (let level = 0; level < 200_000; level++) deep = { deep };

  it.each<[string, string, unknown, RegExp]>([
    ["remember", "nothing", {}, /either "fact" or "pattern"/],
    ["remember", "both", { fact: "x", pattern }, /either "fact" or "pattern"/],
    ["remember", "a blank fact", { fact: " \n" }, /fact: expected some text/],
    ["remember", "a long fact", { fact: "x".repeat(501) }, /fact: expected at most 500/],
    ["remember", "a number", { fact: 7 }, /fact: expected a text/],
    ["remember", "somebody else's fact", { fact: "x", user: "2" }, /user/],
    ["remember", "no certainty", { fact: "x", confidence: 2 }, /confidence: expected a number from 0 to 1/],
    ["remember", "no data", { pattern: { entity: "a", type: "b" } }, /pattern\.data: expected an object/],
    ["remember", "a list", { pattern: { ...pattern, data: [] } }, /pattern\.data: expected an object/],
    [
      "remember",
      "a long name",
      { pattern: { ...pattern, entity: "x".repeat(101) } },
      /pattern\.entity: .*100/,
    ],
    [
      "remember",
      "much data",
      { pattern: { ...pattern, data: { a: "x".repeat(1_000) } } },
      /pattern\.data: .*1000/,
    ],
    ["remember", "an abyss", { pattern: { ...pattern, data: { deep } } }, /pattern\.data: .*1000/],
    ["remember", "no JSON", "{nope", /expected an object/],
    ["recall", "a number", { query: 7 }, /query: expected a text/],
    ["recall", "a book", { query: "x".repeat(1_001) }, /query: expected at most 1000/],
    ["forget", "nothing", {}, /fact: expected a text/],
  ])("%s: %s is refused with the reason", async (name, _, input, reason) => {
    const { memory, notes } = memoryOf();
    const outcome = await run(memory, name, input);
    expect(outcome).toMatchObject({ isError: true, failures: [] });
    expect(outcome.content).toMatch(reason);
    expect(notes).toEqual([]);
  });
});

describe("what a model is told", () => {
  it("of its memory: each thing on a line of its own, how sure it is and since when", async () => {
    const { content } = await run(memoryOf([likesTea], [flaky]).memory, "recall", "");
    expect(content).toBe(`Facts about the user:
- Likes tea (told once, last on 2026-11-21, confidence 0.80)

Patterns:
- repo:a/b, flaky-test: {"test":"login"} (told once, last on 2026-11-21, confidence 0.80)`);
  });

  it("of a large memory: the best, and how much is left", async () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ ...likesTea, fact: `Fact ${n}` }));
    const { content } = await run(memoryOf(many).memory, "recall", { query: "fact" });
    expect(content.split("\n")).toHaveLength(27);
    expect(content).toContain("(35 more");
  });

  it("of nothing: that there is nothing", async () => {
    const { memory } = memoryOf();
    expect((await run(memory, "recall", {})).content).toBe("Nothing is remembered yet.");
    expect((await run(memory, "recall", { query: "tea" })).content).toContain("fits: tea");
  });

  it("of a fact that is not known: which ones are like it", async () => {
    const { content, isError } = await run(memoryOf([likesTea]).memory, "forget", { fact: "tea" });
    expect(isError).toBe(false);
    expect(content).toContain("no such fact");
    expect(content).toContain("- Likes tea");
  });
});

describe("a memory that fails", () => {
  const broken = new Error("D1_ERROR: secret detail");
  const failing: Memory = {
    rememberFact: () => Promise.reject(broken),
    rememberPattern: () => Promise.reject(broken),
    recall: () => Promise.reject(broken),
    forgetFact: () => Promise.reject(broken),
  };

  it.each([
    ["remember", { fact: "x" }, /not certain that this was remembered/],
    ["recall", {}, /not known what you remember/],
    ["forget", { fact: "x" }, /not certain that this was forgotten/],
  ])("is admitted by %s; the log hears why", async (name, input, said) => {
    const outcome = await run(failing, name, input);
    expect(outcome).toMatchObject({ isError: true, failures: [broken] });
    expect(outcome.content).toMatch(said);
    expect(outcome.content).not.toContain("secret detail");
  });

  it("by never answering is given up", async () => {
    vi.useFakeTimers();
    const outcome = run({ ...failing, recall: () => new Promise(() => {}) }, "recall", {});
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toMatchObject({ isError: true, failures: [{ name: "DeadlineError" }] });
  });

  it("by never answering does not hold up a stop", async () => {
    const stop = new AbortController();
    const outcome = run({ ...failing, recall: () => new Promise(() => {}) }, "recall", {}, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(outcome).rejects.toThrow("stopped");
  });
});

it("a tool of the agent's own keeps its name, and the built-in one steps back", () => {
  const own: Tool = {
    name: "recall",
    description: "Calls a product back.",
    inputSchema: { type: "object", properties: {} },
    idempotent: false,
    run: async () => ({ content: "", isError: false }),
  };
  const tools = withBuiltInTools(
    [own],
    buildMemoryTools(memoryOf().memory, () => {}),
  );
  expect(tools.map(({ name }) => name)).toEqual(["recall", "remember", "forget"]);
  expect(tools[0]).toBe(own);
});
