import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ModelServer, startModelServer } from "../../support/model-server.ts";

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
afterAll(() => server.close());

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });

describe("Anthropic Messages", () => {
  const headers = { authorization: "Bearer k", "anthropic-version": "2023-06-01" };
  const valid = {
    model: "claude-x",
    max_tokens: 100,
    stream: true,
    tools: [{ name: "t", input_schema: { type: "object" } }],
    messages: [user("hi")],
  };
  const use = (id: string) => ({ type: "tool_use", id, name: "t", input: {} });
  const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "x" });
  const marked = { type: "text", text: "x", cache_control: { type: "ephemeral" } };
  const messages = (...list: unknown[]) => ({ ...valid, messages: list });

  it("answers a request that is in order", async () => {
    const { status, text } = await post("/v1/messages", valid, headers);
    expect(status).toBe(200);
    expect(text).toContain("event: message_stop");
  });

  it.each<[string, unknown, RegExp]>([
    ["no messages", messages(), /at least one message/],
    ["an assistant first", messages(assistant("a"), user("b")), /first message/],
    ["an assistant last", messages(user("a"), assistant("b")), /must end with a user message/],
    ["one role twice", messages(user("a"), user("b")), /roles must alternate/],
    ["another role", messages({ role: "system", content: "x" }), /role/],
    ["empty text", messages(user([{ type: "text", text: " " }])), /non-whitespace/],
    ["no content", messages(user([])), /content/],
    [
      "an image behind http",
      messages(user([{ type: "image", source: { type: "url", url: "http://x.example/a.png" } }])),
      /Only HTTPS/,
    ],
    [
      "an image of another kind",
      messages(user([{ type: "image", source: { type: "base64", media_type: "image/bmp", data: "AAAA" } }])),
      /content/,
    ],
    [
      "an image by the assistant",
      messages(
        user("a"),
        assistant([{ type: "image", source: { type: "url", url: "https://x.example/a.png" } }]),
        user("b"),
      ),
      /only be in `user`/,
    ],
    [
      "a call without a result",
      messages(user("a"), assistant([use("1")]), user("b")),
      /without `tool_result`/,
    ],
    [
      "a call with half its results",
      messages(user("a"), assistant([use("1"), use("2")]), user([result("1")])),
      /without `tool_result`.*2/,
    ],
    [
      "a result of nothing",
      messages(user("a"), assistant("b"), user([result("9")])),
      /unexpected `tool_use_id`/,
    ],
    [
      "a result twice",
      messages(user("a"), assistant([use("1")]), user([result("1"), result("1")])),
      /single result/,
    ],
    [
      "text before a result",
      messages(user("a"), assistant([use("1")]), user([{ type: "text", text: "b" }, result("1")])),
      /must come first/,
    ],
    [
      "a call id twice",
      messages(
        user("a"),
        assistant([use("1")]),
        user([result("1")]),
        assistant([use("1")]),
        user([result("1")]),
      ),
      /must be unique/,
    ],
    ["a call by the user", messages(user([use("1")])), /only be in `assistant`/],
    [
      "a call whose input is no object",
      messages(user("a"), assistant([{ ...use("1"), input: "x" }]), user([result("1")])),
      /./,
    ],
    [
      "a forged thought",
      messages(
        user("a"),
        assistant([{ type: "thinking", thinking: "x", signature: "y" }, use("1")]),
        user([result("1")]),
      ),
      /signature/,
    ],
    ["five cache breakpoints", messages(user([marked, marked, marked, marked, marked])), /maximum of 4/],
    ["no max_tokens", { ...valid, max_tokens: undefined }, /max_tokens/],
    ["a field that does not exist", { ...valid, colour: "red" }, /colour/],
    [
      "a tool name with a dot",
      { ...valid, tools: [{ name: "a.b", input_schema: { type: "object" } }] },
      /pattern/,
    ],
    [
      "a tool without an object schema",
      { ...valid, tools: [{ name: "a", input_schema: { type: "string" } }] },
      /input_schema/,
    ],
    ["two tools of one name", { ...valid, tools: [...valid.tools, ...valid.tools] }, /unique/],
    ["a tool choice without tools", { ...valid, tools: [], tool_choice: { type: "none" } }, /tool_choice/],
    [
      "temperature for a model without it",
      { ...valid, model: "claude-sonnet-5-5", temperature: 0.3 },
      /temperature/,
    ],
  ])("refuses %s", async (_, body, reason) => {
    const { status, text } = await post("/v1/messages", body, headers);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(text).toMatch(reason);
  });

  it("wants a key, a version, and the beta header for an OAuth token", async () => {
    expect((await post("/v1/messages", valid, { "anthropic-version": "2023-06-01" })).status).toBe(401);
    expect((await post("/v1/messages", valid, { "x-api-key": "k" })).status).toBe(400);
    expect(
      (await post("/v1/messages", valid, { ...headers, authorization: "Bearer sk-ant-oat01-x" })).status,
    ).toBe(401);
  });
});

describe("OpenAI Responses", () => {
  const headers = { authorization: "Bearer k" };
  const valid = {
    model: "gpt-5.4",
    stream: true,
    store: false,
    tools: [{ type: "function", name: "t", parameters: { type: "object" }, strict: false }],
    input: [user("hi")],
  };
  const call = (id: string) => ({ type: "function_call", call_id: id, name: "t", arguments: "{}" });
  const output = (id: string) => ({ type: "function_call_output", call_id: id, output: "x" });
  const input = (...list: unknown[]) => ({ ...valid, input: list });

  it("answers a request that is in order, under both base paths", async () => {
    for (const path of ["/v1/responses", "/responses"]) {
      const { status, text } = await post(path, valid, headers);
      expect(status).toBe(200);
      expect(text).toContain("event: response.completed");
    }
  });

  it.each<[string, unknown, RegExp]>([
    ["no input", input(), /input/],
    [
      "a call without an output",
      input(user("a"), call("1"), user("b")),
      /No tool output found for function call 1/,
    ],
    ["a call at the end", input(user("a"), call("1")), /No tool output found/],
    ["an output of nothing", input(user("a"), output("1")), /No tool call found/],
    ["an output twice", input(user("a"), call("1"), output("1"), output("1")), /Duplicate/],
    ["a call id twice", input(user("a"), call("1"), output("1"), call("1"), output("1")), /Duplicate/],
    [
      "reasoning that leads nowhere",
      input(user("a"), { type: "reasoning", id: "r", summary: [], encrypted_content: "eA==" }, user("b")),
      /required following item/,
    ],
    ["temperature for a reasoning model", { ...valid, temperature: 1 }, /temperature/],
    [
      "reasoning of a model without it",
      { ...valid, model: "gpt-4.1", include: ["reasoning.encrypted_content"] },
      /Encrypted content/,
    ],
    ["a limit below 16", { ...valid, max_output_tokens: 3 }, />= 16/],
  ])("refuses %s", async (_, body, reason) => {
    const { status, text } = await post("/v1/responses", body, headers);
    expect(status).toBe(400);
    expect(text).toMatch(reason);
  });

  it("wants a key", async () => {
    expect((await post("/v1/responses", valid)).status).toBe(401);
  });
});

describe("OpenAI Chat Completions", () => {
  const headers = { authorization: "Bearer k" };
  const valid = { model: "local", stream: true, messages: [user("hi")] };
  const calling = (...ids: string[]) => ({
    role: "assistant",
    content: null,
    tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "t", arguments: "{}" } })),
  });
  const result = (id: string) => ({ role: "tool", tool_call_id: id, content: "x" });
  const messages = (...list: unknown[]) => ({ ...valid, messages: list });

  it("answers a request that is in order, with usage only when asked", async () => {
    const plain = await post("/v1/chat/completions", valid, headers);
    expect(plain.status).toBe(200);
    expect(plain.text).toMatch(/data: \[DONE\]\n\n$/);
    expect(plain.text).not.toContain("usage");
    const counted = await post(
      "/v1/chat/completions",
      { ...valid, stream_options: { include_usage: true } },
      headers,
    );
    expect(counted.text).toContain('"usage"');
  });

  it.each<[string, unknown, RegExp]>([
    ["no messages", messages(), /messages/],
    [
      "a call without a result",
      messages(user("a"), calling("1", "2"), result("1")),
      /did not have response messages: 2/,
    ],
    [
      "a message between call and result",
      messages(user("a"), calling("1"), user("b"), result("1")),
      /did not have response/,
    ],
    ["a result of nothing", messages(user("a"), result("1")), /must be a response/],
    ["an assistant who says nothing", messages(user("a"), assistant(null), user("b")), /content/],
    [
      "max_tokens for a reasoning model",
      { ...valid, model: "gpt-5.4", max_tokens: 5 },
      /max_completion_tokens/,
    ],
  ])("refuses %s", async (_, body, reason) => {
    const { status, text } = await post("/v1/chat/completions", body, headers);
    expect(status).toBe(400);
    expect(text).toMatch(reason);
  });
});

describe("the control plane", () => {
  const headers = {
    authorization: "Bearer secret-key",
    "x-api-key": "secret-key",
    "anthropic-version": "2023-06-01",
  };
  const asking = (text: string) => ({
    model: "claude-x",
    max_tokens: 100,
    stream: true,
    messages: [user(text)],
  });

  it("lists requests by a text in them, without keys", async () => {
    await post("/v1/messages", asking("find “me”"), headers);
    await post("/v1/messages", asking("not this"), headers);
    await vi.waitFor(async () => {
      const response = await fetch(`${server.url}/__requests?contains=${encodeURIComponent("find “me”")}`);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject([{ path: "/v1/messages", status: 200, state: "finished" }]);
      expect(text).not.toContain("secret-key");
    });
  });

  it("forgets requests and counted failures", async () => {
    const text = "flaky [[status 500 once]]";
    expect((await post("/v1/messages", asking(text), headers)).status).toBe(500);
    expect((await post("/v1/messages", asking(text), headers)).status).toBe(200);
    await post("/__reset", {});
    expect(server.requests()).toEqual([]);
    expect((await post("/v1/messages", asking(text), headers)).status).toBe(500);
  });

  it("counts failures for each text on its own", async () => {
    for (const text of ["one [[status 529 once]]", "two [[status 529 once]]"]) {
      expect((await post("/v1/messages", asking(text), headers)).status).toBe(529);
      expect((await post("/v1/messages", asking(text), headers)).status).toBe(200);
    }
  });
});
