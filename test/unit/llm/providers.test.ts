import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ModelImage, type ModelMessage, ProviderError } from "../../../shared/llm/provider.ts";
import { type ModelServer, startModelServer } from "../../support/model-server.ts";
import { answered, apis, ask, failure, lookUp, providerFor, requestOf, run, shownText } from "./call.ts";

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

describe.each(apis)("$title", (api) => {
  const { title } = api;

  it("streams an answer piece by piece and ends with one result that holds it whole", async () => {
    const { events, result, shown } = await run(
      providerFor(server, api),
      ask("[[say Grüße aus Zürich 🌍 und zurück]]"),
    );
    expect(result).toMatchObject({
      text: "Grüße aus Zürich 🌍 und zurück",
      toolCalls: [],
      stopReason: "end",
    });
    expect(shown).toBe(result.text);
    expect(events.filter((event) => event.type === "text").length).toBeGreaterThan(1);
    expect(events.filter((event) => event.type === "result")).toHaveLength(1);
  });

  it("takes a question through a tool round to its answer", async () => {
    const provider = providerFor(server, api);
    const text = `[[say I will look.]] [[tool look_up {"key":"a"}]] [[tool look_up {"key":"b"}]]`;
    const first = await run(provider, ask(text));
    expect(first.result.stopReason).toBe("tools");
    expect(first.result.text).toBe("I will look.");
    expect(first.result.toolCalls.map(({ name, input }) => ({ name, input }))).toEqual([
      { name: "look_up", input: { key: "a" } },
      { name: "look_up", input: { key: "b" } },
    ]);
    const second = await run(
      provider,
      requestOf([{ role: "user", text }, ...answered(first.result, ["one", "two"])]),
    );
    expect(second.result).toMatchObject({
      text: "result of look_up: one\nresult of look_up: two",
      stopReason: "end",
    });
  });

  it("goes through several tool rounds, repeating each to the model", async () => {
    const provider = providerFor(server, api);
    const messages: ModelMessage[] = [
      { role: "user", text: `[[rounds 3 look_up {"key":"x"}]] [[think step by step]]` },
    ];
    for (let round = 0; round < 3; round++) {
      const { result } = await run(provider, requestOf(messages));
      expect(result.stopReason).toBe("tools");
      messages.push(...answered(result, [`round ${round}`]));
    }
    const { result } = await run(provider, requestOf(messages));
    expect(result).toMatchObject({ text: "result of look_up: round 2", stopReason: "end" });
  });

  it("repeats an earlier turn of which only text and calls are left", async () => {
    const { result } = await run(
      providerFor(server, api),
      requestOf([
        { role: "user", text: "first" },
        { role: "assistant", text: "", toolCalls: [{ id: "old-1", name: "look_up", input: "{broken" }] },
        { role: "tool", results: [{ callId: "old-1", name: "look_up", content: "", isError: true }] },
        { role: "assistant", text: "done", toolCalls: [] },
        { role: "user", text: "second" },
      ]),
    );
    expect(result.text).toBe("echo: second");
  });

  it("does not repeat what another provider or model thought", async () => {
    const foreign = {
      provider: "another",
      model: "another-1",
      content: [{ type: "riddle" }],
      items: [{ type: "riddle" }],
    };
    const { result } = await run(
      providerFor(server, api),
      requestOf([
        { role: "user", text: "[[say ok]]" },
        {
          role: "assistant",
          text: "let me see",
          toolCalls: [{ id: "c1", name: "look_up", input: {} }],
          continuation: foreign,
        },
        { role: "tool", results: [{ callId: "c1", name: "look_up", content: "seen", isError: false }] },
      ]),
    );
    expect(result.text).toBe("result of look_up: seen");
  });

  it("shows images to the model, by their address and as bytes", async () => {
    const text = `what is on these? ${title}`;
    const base64 = "iVBORw0KGgo=";
    const images: ModelImage[] = [
      { kind: "url", url: "https://files.example/cat.png" },
      { kind: "bytes", mediaType: "image/png", base64 },
    ];
    const { result } = await run(providerFor(server, api), requestOf([{ role: "user", text, images }]));
    expect(result.text).toBe(`echo: ${text}`);
    const [sent] = server.requests(text);
    const content = {
      anthropic: [
        { type: "image", source: { type: "url", url: "https://files.example/cat.png" } },
        { type: "image", source: { type: "base64", media_type: "image/png", data: base64 } },
        { type: "text", text, cache_control: { type: "ephemeral" } },
      ],
      responses: [
        { type: "input_image", image_url: "https://files.example/cat.png", detail: "auto" },
        { type: "input_image", image_url: `data:image/png;base64,${base64}`, detail: "auto" },
        { type: "input_text", text },
      ],
      "chat-completions": [
        { type: "image_url", image_url: { url: "https://files.example/cat.png" } },
        { type: "image_url", image_url: { url: `data:image/png;base64,${base64}` } },
        { type: "text", text },
      ],
    }[api.api ?? "anthropic"];
    const { messages, input } = (sent?.body ?? {}) as Partial<Record<"messages" | "input", unknown[]>>;
    expect((messages ?? input)?.at(-1)).toEqual({ role: "user", content });
  });

  it("is told when the API cannot fetch an image", async () => {
    const images: ModelImage[] = [{ kind: "url", url: "https://files.example/gone.png" }];
    const asked = run(providerFor(server, api), requestOf([{ role: "user", text: "look", images }]));
    expect(await failure(asked)).toMatchObject({ code: "bad_request", status: 400 });
  });

  it("lists the tools but has none called with toolChoice none", async () => {
    const text = `none of it ${title} [[tool look_up {}]]`;
    const { result } = await run(providerFor(server, api), ask(text, { toolChoice: "none" }));
    expect(result).toMatchObject({ toolCalls: [], stopReason: "end" });
    expect(JSON.stringify(server.requests(text)[0]?.body)).toContain(lookUp.description);
  });

  it("works without tools and without a system prompt", async () => {
    const request = ask("hello", { tools: [], system: { stable: "", varying: "" } });
    expect((await run(providerFor(server, api), request)).result.text).toBe("echo: hello");
  });

  it("gives arguments that are no JSON on as the raw string", async () => {
    const { result } = await run(providerFor(server, api), ask(`[[tool look_up {"key": oops]]`));
    expect(result.toolCalls).toMatchObject([{ name: "look_up", input: `{"key": oops` }]);
    const text = `[[tool look_up {"key": oops]]`;
    const next = await run(
      providerFor(server, api),
      requestOf([{ role: "user", text }, ...answered(result, ["invalid arguments"])]),
    );
    expect(next.result.text).toBe("result of look_up: invalid arguments");
  });

  it("reads a call without arguments as an empty object", async () => {
    const { result } = await run(providerFor(server, api), ask("[[tool look_up]]"));
    expect(result.toolCalls.map((call) => call.input)).toEqual([{}]);
  });

  it("never hands out a call that was cut at maxTokens", async () => {
    const call = `[[tool look_up {"key":"${"k".repeat(200)}"}]]`;
    const { result } = await run(providerFor(server, api), ask(call, { maxTokens: 20 }));
    expect(result).toMatchObject({ toolCalls: [], stopReason: "length" });
    expect(JSON.stringify(result.continuation ?? null)).not.toContain("look_up");
  });

  it("says when an answer was cut at maxTokens", async () => {
    const { result } = await run(
      providerFor(server, api),
      ask(`[[say ${"word ".repeat(50)}]]`, { maxTokens: 16 }),
    );
    expect(result.stopReason).toBe("length");
    expect(result.text).toHaveLength(64);
  });

  it("says when the model declines", async () => {
    const { result } = await run(providerFor(server, api), ask("[[refuse]]"));
    expect(result).toMatchObject({ stopReason: "refusal", text: "I cannot help with that." });
  });

  it("counts cached tokens beside the input, not within it", async () => {
    const provider = providerFor(server, api);
    const text = `count ${title} [[tool look_up {}]]`;
    const first = await run(provider, ask(text));
    const second = await run(provider, requestOf([{ role: "user", text }, ...answered(first.result, ["x"])]));
    expect(first.result.usage.cacheReadTokens).toBe(0);
    expect(second.result.usage.cacheReadTokens).toBeGreaterThan(0);
    for (const { result } of [first, second]) {
      expect(result.usage.inputTokens).toBeGreaterThan(0);
      expect(result.usage.outputTokens).toBeGreaterThan(0);
    }
  });

  it("closes the connection when it is stopped", async () => {
    const text = `stop me ${title} [[slow 20]] [[chunks 500]] [[say ${"word ".repeat(200)}]]`;
    const stop = new AbortController();
    const events = providerFor(server, api).stream(ask(text), stop.signal)[Symbol.asyncIterator]();
    await events.next();
    stop.abort();
    expect(await failure(events.next())).toMatchObject({ name: "ProviderError", code: "aborted" });
    await vi.waitFor(() =>
      expect(server.requests(text).map((request) => request.state)).toEqual(["aborted"]),
    );
  });

  it("closes the connection when nobody reads on", async () => {
    const text = `leave me ${title} [[slow 20]] [[chunks 500]] [[say ${"word ".repeat(200)}]]`;
    for await (const _ of providerFor(server, api).stream(ask(text), new AbortController().signal)) break;
    await vi.waitFor(() =>
      expect(server.requests(text).map((request) => request.state)).toEqual(["aborted"]),
    );
  });

  it("makes no request when it was stopped before", async () => {
    const text = `too late ${title}`;
    expect(await failure(run(providerFor(server, api), ask(text), AbortSignal.abort()))).toMatchObject({
      code: "aborted",
    });
    expect(server.requests(text)).toEqual([]);
  });

  it("stops at once while it waits for another attempt", async () => {
    const stop = new AbortController();
    const provider = providerFor(server, api, { realSleep: true });
    const call = async () => {
      for await (const event of provider.stream(ask("[[status 429 retry-after=50]]"), stop.signal)) {
        if (event.type === "restart") stop.abort();
      }
    };
    expect(await failure(call())).toMatchObject({ code: "aborted" });
  });

  it("waits as long as a 429 asks, and tells that it starts again", async () => {
    const waits: number[] = [];
    const { events, result } = await run(
      providerFor(server, api, { waits }),
      ask(`patience ${title} [[status 429 retry-after=2 once]] [[say at last]]`),
    );
    expect(events[0]).toEqual({ type: "restart", attempt: 2, waitMs: 2000, reason: "rate_limited" });
    expect(waits).toEqual([2000]);
    expect(result.text).toBe("at last");
  });

  it("reads retry-after-ms where it is sent", async () => {
    const waits: number[] = [];
    await run(
      providerFor(server, api, { waits }),
      ask(`soon ${title} [[status 429 retry-after-ms=30 once]]`),
    );
    expect(waits).toEqual([30]);
  });

  it("fails at once when it would have to wait longer than a user can be asked to", async () => {
    const waits: number[] = [];
    const error = await failure(
      run(providerFor(server, api, { waits }), ask("[[status 429 retry-after=600]]")),
    );
    expect(error).toMatchObject({ code: "rate_limited", status: 429, retryAfterMs: 600_000 });
    expect(waits).toEqual([]);
  });

  it("adds up what it waits", async () => {
    const waits: number[] = [];
    const error = await failure(
      run(providerFor(server, api, { waits }), ask("[[status 429 retry-after=25]]")),
    );
    expect(error).toMatchObject({ code: "rate_limited", retryAfterMs: 25_000 });
    expect(waits).toEqual([25_000, 25_000]);
  });

  it("succeeds after two overloads", async () => {
    const text = `busy ${title} [[status 529 times=2]] [[say made it]]`;
    const { events, result } = await run(providerFor(server, api), ask(text));
    expect(events.flatMap((event) => (event.type === "restart" ? [event.reason] : []))).toEqual([
      "overloaded",
      "overloaded",
    ]);
    expect(result.text).toBe("made it");
    expect(server.requests(text)).toHaveLength(3);
  });

  it("gives up after four attempts that all fail", async () => {
    const text = `broken ${title} [[status 500]]`;
    const error = await failure(run(providerFor(server, api), ask(text)));
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ code: "unavailable", status: 500 });
    expect(error).toHaveProperty("requestId", expect.stringMatching(/^req_/));
    expect(server.requests(text)).toHaveLength(4);
  });

  it.each(["[[cut once]]", "[[cut politely once]]"])(
    "starts an answer again after %s and shows it whole",
    async (cut) => {
      const { events, result, shown } = await run(
        providerFor(server, api),
        ask(`cut ${title} ${cut} [[chunks 8]] [[say the whole answer, not half of it]]`),
      );
      const restart = events.findIndex((event) => event.type === "restart");
      expect(events[restart]).toMatchObject({ attempt: 2, reason: "stream_cut" });
      expect(shownText(events.slice(0, restart))).not.toBe("");
      expect(shown).toBe("the whole answer, not half of it");
      expect(result.text).toBe(shown);
    },
  );

  it("starts again after an error within the stream", async () => {
    const { events, shown } = await run(
      providerFor(server, api),
      ask(`hiccup ${title} [[error once]] [[say fine]]`),
    );
    expect(events.find((event) => event.type === "restart")).toMatchObject({
      reason: api.name === "anthropic" ? "overloaded" : "unavailable",
    });
    expect(shown).toBe("fine");
  });

  it.each(["[[hang]]", "[[hang stream]] [[say half]]"])("gives up %s after two timeouts", async (hang) => {
    const text = `asleep ${title} ${hang}`;
    const error = await failure(run(providerFor(server, api, { timeoutMs: 150 }), ask(text)));
    expect(error).toMatchObject({ code: "timeout" });
    await vi.waitFor(() =>
      expect(server.requests(text).map((request) => request.state)).toEqual(["aborted", "aborted"]),
    );
  });

  it("says that the key is wrong without telling the key", async () => {
    const key = "sk-test-bad-0123456789abcdef";
    const text = `who is it ${title}`;
    const error = await failure(run(providerFor(server, api, { key }), ask(text)));
    expect(error).toMatchObject({ code: "authentication", status: 401 });
    const { message, stack = "" } = error as ProviderError;
    for (const told of [message, stack, JSON.stringify(error), String(error)])
      expect(told).not.toContain("0123456789");
    expect(server.requests(text)).toHaveLength(1);
  });

  it("does not repeat a request that the API refuses", async () => {
    const text = `impossible ${title}`;
    const error = await failure(run(providerFor(server, api, { model: "unknown-1" }), ask(text)));
    expect(error).toMatchObject({ code: "model_not_found", status: 404 });
    expect(server.requests(text)).toHaveLength(1);
  });

  it("reports a server that is not there as unavailable", async () => {
    const gone = await startModelServer();
    await gone.close();
    const error = await failure(run(providerFor(gone, api), ask("anybody?")));
    expect(error).toMatchObject({ code: "unavailable", status: undefined });
    expect(String(error)).toContain("ECONNREFUSED");
  });

  it("leaves temperature out from then on for a model that refuses it", async () => {
    const provider = providerFor(server, api, { model: "some-no-temperature-model" });
    for (const text of [`warm ${title} 1`, `warm ${title} 2`]) {
      expect((await run(provider, ask(text))).result.text).toBe(`echo: ${text}`);
    }
    const [refused, ...rest] = server.requests(`warm ${title}`);
    expect(refused).toMatchObject({ status: 400, body: { temperature: 0.3 } });
    expect(rest.length).toBeGreaterThanOrEqual(2);
    for (const { body } of rest.slice(-2)) expect(body).not.toHaveProperty("temperature");
    expect(rest.at(-1)?.status).toBe(200);
  });

  it("spends no request on finding out what its default model refuses", async () => {
    const text = `first try ${title}`;
    await run(providerFor(server, api), ask(text));
    expect(server.requests(text).map((request) => request.status)).toEqual([200]);
  });

  it("makes requests that the API accepts of whatever a conversation holds", async () => {
    const provider = providerFor(server, api);
    await fc.assert(
      fc.asyncProperty(conversation, async (messages) => {
        const { result } = await run(provider, requestOf(messages));
        expect(result.stopReason).toBe("end");
      }),
      { numRuns: 60 },
    );
  });
});

/** Text without directives: what people type, and what they should not. */
const anyText = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.constantFrom("", " ", "\n\t"));
const toolRound = fc
  .tuple(anyText, fc.array(fc.tuple(fc.jsonValue(), anyText, fc.boolean()), { minLength: 1, maxLength: 3 }))
  .map(([text, calls]): ModelMessage[] => [
    {
      role: "assistant",
      text,
      toolCalls: calls.map(([input], index) => ({ id: `call-${index}`, name: "look_up", input })),
    },
    {
      role: "tool",
      results: calls.map(([, content, isError], index) => ({
        callId: `call-${index}`,
        name: "look_up",
        content,
        isError,
      })),
    },
  ]);
const oldTurn = fc
  .tuple(fc.array(anyText, { minLength: 1, maxLength: 2 }), fc.option(toolRound), fc.option(anyText))
  .map(([questions, round, reply]): ModelMessage[] => [
    ...questions.map((text): ModelMessage => ({ role: "user", text })),
    ...(round ?? []),
    ...(reply === null ? [] : [{ role: "assistant" as const, text: reply, toolCalls: [] }]),
  ]);
/** Any history that the contract of `ModelMessage` allows, call ids made unique as the turns do. */
const conversation = fc
  .tuple(fc.option(anyText), fc.array(oldTurn, { maxLength: 4 }), anyText)
  .map(([cutOff, turns, last]): ModelMessage[] => [
    // The window on a long conversation may begin with an answer.
    ...(cutOff === null ? [] : [{ role: "assistant" as const, text: cutOff, toolCalls: [] }]),
    ...turns.flatMap((turn, number) =>
      turn.map((message): ModelMessage => {
        if (message.role === "assistant") {
          return {
            ...message,
            toolCalls: message.toolCalls.map((call) => ({ ...call, id: `${number}-${call.id}` })),
          };
        }
        if (message.role === "tool") {
          const results = message.results.map((result) => ({
            ...result,
            callId: `${number}-${result.callId}`,
          }));
          return { ...message, results };
        }
        return message;
      }),
    ),
    { role: "user", text: `last: ${last.replaceAll("[", "(")}` },
  ]);
