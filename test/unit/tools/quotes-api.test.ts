import { afterEach, beforeEach, describe, expect, it } from "vitest";
import exampleAgent from "../../../agents/example-e/character.json" with { type: "json" };
import { createQuotesApi } from "../../../examples/quotes-api/app.ts";
import { facts } from "../../../examples/quotes-api/facts.ts";
import { quotes } from "../../../examples/quotes-api/quotes.ts";
import { type ServedQuotesApi, serveQuotesApi } from "../../../examples/quotes-api/serve.ts";
import { toolsSection } from "../../../shared/character/sections/tools.ts";
import { buildHttpTools } from "../../../shared/tools/http.ts";

let api: ServedQuotesApi;
beforeEach(async () => {
  api = await serveQuotesApi({ port: 0 });
});
afterEach(() => api.close());

async function request(path: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${api.url}${path}`, init);
  return { status: response.status, body: await response.json() };
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  request("/quotes", {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

const newQuote = { text: "Measure twice, cut once.", author: "A carpenter", topic: "Wisdom" };

describe("the library", () => {
  it("holds at least 20 quotes with a source and 20 facts, each once, under ids that count up", () => {
    for (const items of [quotes, facts]) {
      expect(items.length).toBeGreaterThanOrEqual(20);
      expect(items.map(({ id }) => id)).toEqual(items.map((_, index) => index + 1));
      expect(new Set(items.map(({ text }) => text)).size).toBe(items.length);
    }
    for (const { author, source } of quotes) expect([author, source]).not.toContain(undefined);
  });

  it("tells how much it holds", async () => {
    expect(await request("/health")).toEqual({
      status: 200,
      body: { status: "healthy", quotes: quotes.length, facts: facts.length },
    });
  });

  it("gives a quote by its id", async () => {
    expect(await request("/quotes/2")).toEqual({ status: 200, body: quotes[1] });
  });

  it("gives random quotes and facts of a topic, in any case", async () => {
    expect(await request("/quotes/random?topic=TRAVEL")).toMatchObject({
      body: { author: "Herman Melville" },
    });
    expect(await request("/facts/random?category=space")).toMatchObject({ body: { category: "space" } });
  });

  it("reaches the first and the last item at random", async () => {
    for (const [random, quote, fact] of [
      [0, quotes[0], facts[0]],
      [1 - Number.EPSILON, quotes.at(-1), facts.at(-1)],
    ] as const) {
      const app = createQuotesApi({ random: () => random });
      expect(await (await app.request("/quotes/random")).json()).toEqual(quote);
      expect(await (await app.request("/facts/random")).json()).toEqual(fact);
    }
  });

  it("lists quotes, all or of one topic", async () => {
    expect(await request("/quotes")).toEqual({ status: 200, body: { quotes } });
    expect(await request("/quotes?topic=wit")).toEqual({
      status: 200,
      body: { quotes: quotes.filter(({ topic }) => topic === "wit") },
    });
  });
});

describe("an added quote", () => {
  it("gets the next id and can be read again", async () => {
    const added = { ...newQuote, topic: "wisdom", id: quotes.length + 1 };
    expect(await post(newQuote)).toEqual({ status: 201, body: added });
    expect(await request(`/quotes/${added.id}`)).toEqual({ status: 200, body: added });
  });

  it("is added once under one Idempotency-Key", async () => {
    const key = { "idempotency-key": "turn-1" };
    const [first, second] = [await post(newQuote, key), await post(newQuote, key)];
    expect(second).toEqual(first);
    expect(await request("/health")).toMatchObject({ body: { quotes: quotes.length + 1 } });
  });

  it("is gone with its process", async () => {
    await post(newQuote);
    const other = await serveQuotesApi({ port: 0 });
    const response = await fetch(`${other.url}/quotes/${quotes.length + 1}`);
    await other.close();
    expect(response.status).toBe(404);
  });

  it("is refused once a thousand were added", async () => {
    const app = createQuotesApi();
    const add = () => app.request("/quotes", { method: "POST", body: JSON.stringify(newQuote) });
    for (let n = 0; n < 1_000; n += 1) expect((await add()).status).toBe(201);
    expect((await add()).status).toBe(507);
  });
});

describe("an error", () => {
  it.each([
    ["/quotes/999", 404, "no_such_quote", "from 1 to 28"],
    ["/quotes/random?topic=cheese", 404, "no_such_topic", '"cheese". Topics: courage, hope, '],
    ["/facts/random?category=cheese", 404, "no_such_category", '"cheese". Categories: animals, computing, '],
    ["/nowhere", 404, "no_such_route", "GET /nowhere"],
  ])("of %s is %i with a code and a message", async (path, status, code, message) => {
    expect(await request(path)).toEqual({
      status,
      body: { error: { code, message: expect.stringContaining(message) } },
    });
  });

  it.each([
    ["no JSON", "{", 400, "bad_request", "not valid JSON"],
    ["a list", [], 400, "invalid_quote", "body: "],
    ["a missing author", { text: "a", topic: "b" }, 400, "invalid_quote", "author: "],
    ["an unknown field", { ...newQuote, likes: 1 }, 400, "invalid_quote", '"likes"'],
    ["a strange topic", { ...newQuote, topic: "a b" }, 400, "invalid_quote", "topic: expected a word"],
    ["a huge body", { ...newQuote, text: "x".repeat(20_000) }, 413, "too_large", "16384 bytes"],
  ])("of adding %s says what is wrong", async (_, body, status, code, message) => {
    expect(await post(body)).toEqual({
      status,
      body: { error: { code, message: expect.stringContaining(message) } },
    });
  });

  it("of a port that is taken reaches the caller", async () => {
    const port = Number(new URL(api.url).port);
    await expect(serveQuotesApi({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("the tools of example-e", () => {
  const call = { idempotencyKey: "turn-1", signal: new AbortController().signal };
  const toolNamed = (name: string) => {
    const tools = buildHttpTools(toolsSection.parse(exampleAgent.tools), {
      secret: (secret) => (secret === "QUOTES_API_URL" ? api.url : undefined),
    });
    const tool = tools.find((candidate) => candidate.name === name);
    if (!tool)
      throw new Error(`no tool ${name} among ${tools.map((candidate) => candidate.name).join(", ")}`);
    return tool;
  };

  it("look up a quote, and add one", async () => {
    const found = await toolNamed("get_quotes_id").run({ id: 3 }, call);
    expect(JSON.parse(found.content)).toEqual(quotes[2]);
    const added = await toolNamed("post_quotes").run({ body: newQuote }, call);
    expect(JSON.parse(added.content)).toMatchObject({ id: quotes.length + 1 });
  });

  it("look up by topic and tell the model which topics there are", async () => {
    const fact = await toolNamed("get_facts_random").run({ query: { category: "space" } }, call);
    expect(JSON.parse(fact.content)).toMatchObject({ category: "space" });
    const missing = await toolNamed("get_quotes_random").run({ query: { topic: "cheese" } }, call);
    expect(missing).toMatchObject({ isError: true, content: expect.stringContaining("Topics: courage") });
  });
});
