import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelServer, startModelServer } from "../../support/model-server.ts";
import { answered, ask, providerFor, requestOf, run } from "./call.ts";

const api = { name: "anthropic" } as const;
let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

function sent(text: string) {
  return JSON.parse(JSON.stringify(server.requests(text).map((request) => request.body)));
}

describe("prompt caching", () => {
  const cached = { type: "ephemeral" };

  it("marks the tools, the stable system prompt and the end of the messages, and nothing that varies", async () => {
    await run(providerFor(server, api), ask("cache this"));
    const [body] = sent("cache this");
    expect(body.tools.at(-1).cache_control).toEqual(cached);
    expect(body.system).toEqual([
      { type: "text", text: "You are a tester.", cache_control: cached },
      { type: "text", text: "Today is Monday." },
    ]);
    expect(body.messages.at(-1).content.at(-1).cache_control).toEqual(cached);
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(3);
  });

  it("repeats the request of the round before as its prefix", async () => {
    const provider = providerFor(server, api);
    const text = "prefix [[tool look_up {}]] [[think first]]";
    const { result } = await run(provider, ask(text));
    await run(provider, requestOf([{ role: "user", text }, ...answered(result, ["found"])]));
    const [first, second] = sent(text);
    const unmarked = (value: unknown) =>
      JSON.stringify(value).replaceAll(',"cache_control":{"type":"ephemeral"}', "");
    expect(unmarked(second.tools)).toBe(unmarked(first.tools));
    expect(unmarked(second.system)).toBe(unmarked(first.system));
    expect(unmarked(second.messages[0])).toBe(unmarked(first.messages[0]));
  });
});

it("repeats a thought with its signature in the same turn, and leaves it out for another model", async () => {
  const text = "thoughtful [[tool look_up {}]] [[think I should look]]";
  const { result } = await run(providerFor(server, api), ask(text));
  const messages = [{ role: "user" as const, text }, ...answered(result, ["found"])];
  await run(providerFor(server, api), requestOf(messages));
  const [, same] = sent(text);
  expect(same.messages[1].content.map((block: { type: string }) => block.type)).toEqual([
    "thinking",
    "tool_use",
  ]);

  // The server, like the API, misses the thought that this call began with; the request as such is what is asked for here.
  await run(providerFor(server, api, { model: "claude-haiku-4-5" }), requestOf(messages)).catch(() => {});
  const other = sent(text).at(-1);
  expect(other.messages[1].content.map((block: { type: string }) => block.type)).toEqual(["tool_use"]);
});

it("merges messages of one role, tool results before text", async () => {
  await run(
    providerFor(server, api),
    requestOf([
      { role: "user", text: "merge" },
      { role: "user", text: "these" },
      { role: "assistant", text: "", toolCalls: [{ id: "a", name: "look_up", input: {} }] },
      { role: "tool", results: [{ callId: "a", name: "look_up", content: "x", isError: true }] },
      { role: "user", text: "and this" },
    ]),
  );
  const [body] = sent("and this");
  expect(body.messages.map((message: { role: string }) => message.role)).toEqual([
    "user",
    "assistant",
    "user",
  ]);
  expect(body.messages[2].content).toMatchObject([
    { type: "tool_result", tool_use_id: "a", content: "x", is_error: true },
    { type: "text", text: "and this" },
  ]);
});

it("sends an OAuth token as a bearer token with the beta header that the API asks for", async () => {
  await run(providerFor(server, api, { key: "sk-ant-oat01-abc" }), ask("with a token"));
  await run(providerFor(server, api, { key: "sk-ant-api03-abc" }), ask("with a key"));
  expect(server.requests("with a token")[0]?.headers).toMatchObject({
    authorization: expect.stringMatching(/^Bearer /),
    "anthropic-beta": "oauth-2025-04-20",
  });
  expect(server.requests("with a key")[0]?.headers).not.toHaveProperty("anthropic-beta");
});

it("sends no temperature above 1, where the API's scale ends", async () => {
  await run(providerFor(server, api, { model: "claude-haiku-4-5" }), ask("hot", { temperature: 1.7 }));
  expect(sent("hot")[0].temperature).toBe(1);
});
