import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDemoProvider, DEMO_SIGNATURE } from "../../../shared/llm/demo.ts";
import type { ModelMessage, ToolDefinition } from "../../../shared/llm/provider.ts";
import { summaryRequest } from "../../../shared/llm/summary.ts";
import { textWithAttachments } from "../../../shared/session/attachment.ts";
import { readAttachments } from "../../../shared/session/read-attachments.ts";
import { describeArguments, shapeArguments } from "../../../shared/tools/arguments.ts";
import { answered, ask, failure, requestOf, run } from "./call.ts";

function tool(name: string, description: string, parameters: string[] = []): ToolDefinition {
  const method = name.split("_")[0]?.toUpperCase() ?? "";
  return { name, description, inputSchema: describeArguments(shapeArguments(parameters, method)) };
}

/** The tools of the agent that ships with rig-edge. */
const tools = [
  tool("get_quotes_random", "A random quote. Query: topic (optional)."),
  tool("get_quotes_id", "One quote by its id.", ["id"]),
  tool("get_facts_random", "A random fact. Query: category (optional)."),
  tool("post_quotes", "Add a quote. Body: text, author, topic."),
];

const demo = createDemoProvider({ sleep: async () => {} });

async function calls(text: string) {
  const { result } = await run(demo, ask(text, { tools }));
  return result.toolCalls.map(({ name, input }) => [name, input]);
}

describe("which tools the demo calls", () => {
  it.each<[string, [string, unknown][]]>([
    ["give me a quote", [["get_quotes_random", {}]]],
    ["A quote about courage, please", [["get_quotes_random", { query: { topic: "courage" } }]]],
    ["Tell me a fact", [["get_facts_random", {}]]],
    ["quote #7", [["get_quotes_id", { id: "7" }]]],
    ["show me quote 7", [["get_quotes_id", { id: "7" }]]],
    ["give me 3 quotes", [["get_quotes_random", {}]]],
    [
      "a fact about space and a quote",
      [
        ["get_facts_random", { query: { category: "space" } }],
        ["get_quotes_random", {}],
      ],
    ],
    [
      'add the quote "All is love, and hate" by Jane Doe about love',
      [["post_quotes", { body: { text: "All is love, and hate", author: "Jane Doe", topic: "love" } }]],
    ],
    ["hello", []],
    ["who are you?", []],
    ["add a quote", []],
  ])("%s", async (text, expected) => {
    expect(await calls(text)).toEqual(expected);
  });

  it("asks for what it needs instead of changing something half-way", async () => {
    const { result } = await run(demo, ask("add a quote", { tools }));
    expect(result.text).toContain("post_quotes");
  });

  it("calls nothing with toolChoice none", async () => {
    const { result } = await run(demo, ask("give me a quote", { tools, toolChoice: "none" }));
    expect(result.toolCalls).toEqual([]);
  });
});

describe("what the demo remembers", () => {
  const memory = ["remember", "recall", "forget"].map((name) =>
    tool(name, "About facts, quotes and everything else."),
  );
  const asked = async (text: string, offered = [...tools, ...memory]) => {
    const { result } = await run(demo, ask(text, { tools: offered }));
    return result.toolCalls.map(({ name, input }) => [name, input]);
  };

  it.each<[string, [string, unknown][]]>([
    ["remember that I like tea", [["remember", { fact: "I like tea" }]]],
    [
      "Please remember that my last message was wrong.",
      [["remember", { fact: "my last message was wrong" }]],
    ],
    ["what do you know about me?", [["recall", {}]]],
    ["What do you remember about the build?", [["recall", { query: "the build" }]]],
    ["forget that I like tea!", [["forget", { fact: "I like tea" }]]],
    ["Tell me a fact", [["get_facts_random", {}]]],
    ["do you remember what I said?", []],
    ["what do you know about cats?", []],
  ])("%s", async (text, expected) => {
    expect(await asked(text)).toEqual(expected);
  });

  it("is nothing without the tools for it", async () => {
    expect(await asked("remember that I like tea", tools)).toEqual([]);
    const { result } = await run(demo, ask("hello", { tools: [] }));
    expect(result.text).not.toContain("remember that I like tea");
  });

  it("is suggested by its introduction", async () => {
    const { result } = await run(demo, ask("hello", { tools: memory }));
    expect(result.text).toContain("remember that I like tea");
  });
});

describe("what the demo tells", () => {
  async function told(content: string, isError = false): Promise<string> {
    const first = await run(demo, ask("give me a quote", { tools }));
    const messages: ModelMessage[] = [
      { role: "user", text: "give me a quote" },
      ...answered(first.result, [content]),
    ];
    const last = messages.at(-1);
    if (last?.role === "tool") last.results = last.results.map((result) => ({ ...result, isError }));
    const { result } = await run(demo, requestOf(messages, { tools }));
    return result.text.replace(DEMO_SIGNATURE, "").trim();
  }

  it.each([
    [
      '{"id":1,"text":"Be brave.","author":"A. Nonymous","topic":"courage"}',
      "“Be brave.” — A. Nonymous (topic: courage)",
    ],
    ['{"id":2,"text":"Bees dance.","category":"animals"}', "Bees dance. (category: animals)"],
    ['{"data":{"fact":"Water is wet."}}', "Water is wet."],
    ['{"quotes":[{"text":"One"},{"text":"Two"}]}', "- One\n- Two"],
    ["[]", "I found nothing."],
    ['{"temperature":21,"unit":"C"}', "temperature: 21; unit: C"],
    ["plain words", "plain words"],
    ["42", "42"],
  ])("of %s", async (content, expected) => {
    expect(await told(content)).toBe(expected);
  });

  it("tells a failed call as a failure", async () => {
    expect(await told("404 Not Found\nno quote on hate", true)).toBe(
      "I called `get_quotes_random`, but it did not work: 404 Not Found\nno quote on hate",
    );
  });

  it("quotes what the user said before", async () => {
    const { result } = await run(
      demo,
      requestOf([
        { role: "user", text: "My cat is called Mio" },
        { role: "assistant", text: "Nice.", toolCalls: [] },
        { role: "user", text: "What did I say before?" },
      ]),
    );
    expect(result.text).toContain("> My cat is called Mio");
  });

  it("names the files that came with a message", async () => {
    const { told } = await readAttachments(
      [{ name: "cat (1).png", contentType: "image/png", size: 3, url: "https://files.example/cat.png" }],
      { seesImages: false, signal: new AbortController().signal },
    );
    const { result } = await run(demo, ask(textWithAttachments("here", told), { tools }));
    expect(result.text).toContain("You attached `cat (1).png`.");
  });

  it("summarises a conversation as what the user wrote, and what it kept of it before", async () => {
    const limits = { maxTokens: 4096, temperature: 0.3 };
    const said = (content: string) => ({ role: "user" as const, content });
    const messages = [said("My cat is called Mio"), { role: "assistant" as const, content: "- nice\n- cat" }];
    const first = await run(demo, summaryRequest({ earlier: undefined, messages }, limits));
    expect(first.result.text).toBe("The user wrote, among other things:\n- My cat is called Mio");
    const earlier = first.result.text;
    const next = await run(demo, summaryRequest({ earlier, messages: [said("She is two")] }, limits));
    expect(next.result.text).toBe(`${earlier}\n- She is two`);
  });

  it("introduces itself and its tools", async () => {
    const { result } = await run(demo, ask("hi", { tools }));
    for (const { name } of tools) expect(result.text).toContain(name);
  });

  it("counts as far as it is asked to", async () => {
    const { result } = await run(demo, ask("count to 200"));
    expect(result.text).toContain("1 2 3 4");
    expect(result.text).toContain("199 200\n");
  });

  it("writes long answers, up to maxTokens", async () => {
    const long = await run(demo, ask("write a long answer", { maxTokens: 4096 }));
    expect(long.result.stopReason).toBe("end");
    expect(long.result.text.length).toBeGreaterThan(5_000);
    const short = await run(demo, ask("write a long answer", { maxTokens: 100 }));
    expect(short.result.stopReason).toBe("length");
    expect(short.result.text.length).toBeLessThan(600);
  });
});

describe("how the demo answers", () => {
  it("shows the first word at once and the rest word by word", async () => {
    const waits: number[] = [];
    const slow = createDemoProvider({
      sleep: async (ms) => {
        waits.push(ms);
      },
    });
    const events = slow.stream(ask("count to 5"), new AbortController().signal)[Symbol.asyncIterator]();
    expect(await events.next()).toEqual({ done: false, value: { type: "text", text: "1" } });
    expect(waits).toEqual([]);
    expect((await events.next()).value).toEqual({ type: "text", text: " 2" });
    expect(waits).toEqual([15]);
  });

  it("stops when it is told to", async () => {
    const stop = new AbortController();
    const events = demo.stream(ask("count to 1000"), stop.signal)[Symbol.asyncIterator]();
    await events.next();
    stop.abort();
    expect(await failure(events.next())).toMatchObject({ name: "ProviderError", code: "aborted" });
  });

  it("ends every answer by saying what it is, shows what it says, and never loops", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), fc.boolean(), async (text, content, isError) => {
        const question: ModelMessage = { role: "user", text: `${text} quote` };
        let outcome = await run(demo, requestOf([question], { tools }));
        if (outcome.result.stopReason === "tools") {
          const messages = [question, ...answered(outcome.result, [content, content, content])].map(
            (message) =>
              message.role === "tool"
                ? { ...message, results: message.results.map((result) => ({ ...result, isError })) }
                : message,
          );
          outcome = await run(demo, requestOf(messages, { tools }));
        }
        expect(outcome.result.stopReason).toBe("end");
        expect(outcome.result.text.endsWith(DEMO_SIGNATURE)).toBe(true);
        expect(outcome.shown).toBe(outcome.result.text);
      }),
    );
  });

  it("answers the same question the same way", async () => {
    const [first, second] = await Promise.all([
      run(demo, ask("hi", { tools })),
      run(demo, ask("hi", { tools })),
    ]);
    expect(first).toEqual(second);
  });
});
