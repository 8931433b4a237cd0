import { afterAll, beforeAll, expect, it } from "vitest";
import { type ModelServer, startModelServer } from "../../support/model-server.ts";
import { answered, ask, providerFor, requestOf, run } from "./call.ts";

const responses = { name: "openai-api", api: "responses" } as const;
const chat = { name: "openai-api", api: "chat-completions" } as const;
let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

function sent(text: string) {
  return JSON.parse(JSON.stringify(server.requests(text).map((request) => request.body)));
}

it("has nothing stored and repeats the reasoning itself, encrypted", async () => {
  const provider = providerFor(server, responses);
  const text = "reason [[tool look_up {}]] [[think a while]]";
  const { result } = await run(provider, ask(text));
  await run(provider, requestOf([{ role: "user", text }, ...answered(result, ["found"])]));
  const [first, second] = sent(text);
  expect(first).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });
  expect(second.input.map((item: { type?: string; role?: string }) => item.type ?? item.role)).toEqual([
    "user",
    "reasoning",
    "function_call",
    "function_call_output",
  ]);
  expect(second.input[1].encrypted_content).not.toBe("");
});

it("leaves the reasoning out for another model", async () => {
  const text = "switch [[tool look_up {}]] [[think a while]]";
  const { result } = await run(providerFor(server, responses), ask(text));
  const messages = [{ role: "user" as const, text }, ...answered(result, ["found"])];
  // The server misses the reasoning that this call began with; the request as such is what is asked for here.
  await run(providerFor(server, responses, { model: "gpt-5.4" }), requestOf(messages)).catch(() => {});
  expect(JSON.stringify(sent(text)[1].input)).not.toContain('"reasoning"');
});

it("counts every input token once", async () => {
  for (const api of [responses, chat]) {
    const text = `once ${api.api} [[tool look_up {}]]`;
    const provider = providerFor(server, api);
    const first = await run(provider, ask(text));
    const { usage } = (
      await run(provider, requestOf([{ role: "user", text }, ...answered(first.result, ["x"])]))
    ).result;
    const { instructions, tools, input, messages } = sent(text)[1];
    const prompt = api === responses ? [instructions, tools, input] : [tools, messages];
    expect(usage.cacheReadTokens).toBeGreaterThan(0);
    expect(usage.inputTokens + usage.cacheReadTokens).toBe(Math.ceil(JSON.stringify(prompt).length / 4));
  }
});

it("puts the stable part of the system prompt first", async () => {
  await run(providerFor(server, responses), ask("in order"));
  await run(providerFor(server, chat), ask("in order"));
  const [first, second] = sent("in order");
  expect(first.instructions).toBe("You are a tester.\n\nToday is Monday.");
  expect(second.messages[0]).toEqual({ role: "system", content: "You are a tester.\n\nToday is Monday." });
});

it("does not ask a model without reasoning for its reasoning", async () => {
  await run(providerFor(server, responses, { model: "gpt-4.1" }), ask("plain model"));
  expect(sent("plain model")).toHaveLength(1);
  expect(sent("plain model")[0]).toMatchObject({ temperature: 0.3 });
  expect(sent("plain model")[0]).not.toHaveProperty("include");
});

it("finds out that a model it does not know has no reasoning to give", async () => {
  const provider = providerFor(server, responses, { model: "local-model" });
  expect((await run(provider, ask("stranger 1"))).result.text).toBe("echo: stranger 1");
  await run(provider, ask("stranger 2"));
  expect(server.requests("stranger").map((request) => request.status)).toEqual([400, 200, 200]);
});

it("names the output limit as the model wants it named", async () => {
  await run(providerFor(server, chat, { model: "gpt-5.4-mini" }), ask("reasoning model"));
  await run(providerFor(server, chat, { model: "llama-4" }), ask("compatible server"));
  expect(sent("reasoning model")).toMatchObject([{ max_completion_tokens: 1024 }]);
  expect(sent("compatible server")).toMatchObject([{ max_tokens: 1024, temperature: 0.3 }]);
});

it("asks for no fewer tokens than the Responses API allows", async () => {
  await run(providerFor(server, responses), ask("tiny", { maxTokens: 1 }));
  expect(sent("tiny")[0].max_output_tokens).toBe(16);
});

it("asks for the usage, which a Chat Completions stream leaves out otherwise", async () => {
  const { result } = await run(providerFor(server, chat), ask("how much"));
  expect(sent("how much")[0].stream_options).toEqual({ include_usage: true });
  expect(result.usage.outputTokens).toBeGreaterThan(0);
});
