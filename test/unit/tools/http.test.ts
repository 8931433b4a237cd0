import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { toolsSection } from "../../../shared/character/sections/tools.ts";
import { buildHttpTools } from "../../../shared/tools/http.ts";
import { startToolServer, type ToolServer } from "../../support/tool-server.ts";
import { oneTool, runOnce } from "./one-tool.ts";

let server: ToolServer;
beforeAll(async () => {
  server = await startToolServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

describe("the tools of a character", () => {
  it("are one per endpoint, told apart and described", () => {
    const tools = buildHttpTools(
      toolsSection.parse([
        {
          url: "https://a.example",
          endpoints: [{ method: "get", path: "quotes/:id", description: "One quote." }],
        },
        { url: "https://b.example", endpoints: [{ method: "GET", path: "/quotes/{id}" }] },
        { url: "https://c.example" },
      ]),
      { secret: () => undefined },
    );
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ["get_quotes_id", "One quote.\nGET /quotes/:id"],
      [expect.stringMatching(/^get_quotes_id_[0-9a-f]{8}$/), "GET /quotes/{id}"],
    ]);
  });

  it.each([
    ["GET", undefined, true],
    ["HEAD", undefined, true],
    ["POST", undefined, false],
    ["DELETE", undefined, false],
    ["POST", true, true],
    ["PUT", false, false],
  ])("%s with idempotent: %s may be repeated: %s", (method, idempotent, expected) => {
    const endpoint = idempotent === undefined ? { method } : { method, idempotent };
    expect(oneTool({ url: server.url, ...endpoint }).idempotent).toBe(expected);
  });
});

describe("a request", () => {
  it("carries what an API needs to know", async () => {
    await runOnce(
      { url: `${server.url}/base/`, method: "POST" },
      { body: { text: "ünï" } },
      { idempotencyKey: "t-9" },
    );
    expect(server.requests()).toMatchObject([
      {
        method: "POST",
        target: "/base/echo",
        body: '{"text":"ünï"}',
        headers: {
          accept: "application/json, text/*;q=0.9, */*;q=0.1",
          "content-type": "application/json",
          "idempotency-key": "t-9",
          "user-agent": "rig-edge",
        },
      },
    ]);
  });

  it("without a body says nothing of a content type", async () => {
    await runOnce({ url: server.url, method: "DELETE" });
    expect(server.requests()[0]?.headers).not.toHaveProperty("content-type");
  });

  it("takes configured headers over its own, except the key that makes repeats safe", async () => {
    const headers = { Accept: "text/csv", "Idempotency-Key": "mine", "User-Agent": "me" };
    await runOnce({ url: server.url, headers });
    expect(server.requests()[0]?.headers).toMatchObject({
      accept: "text/csv",
      "idempotency-key": "turn-1",
      "user-agent": "me",
    });
  });

  it("repeated under one key can be recognised by the API", async () => {
    const tool = oneTool({ url: server.url, method: "POST" });
    const call = { idempotencyKey: "turn-1-call-2", signal: new AbortController().signal };
    await tool.run({}, call);
    await tool.run({}, call);
    expect(server.requests().map(({ keyUses }) => keyUses)).toEqual([1, 2]);
  });
});

describe("references to secrets", () => {
  it("are resolved at each call, in the url and inside headers", async () => {
    const secrets: Record<string, string> = { API: server.url, TOKEN: "first-token" };
    const tool = oneTool({ url: "env:API", headers: { Authorization: "Bearer env:TOKEN" }, secrets });
    const call = { idempotencyKey: "k", signal: new AbortController().signal };
    await tool.run({}, call);
    secrets.TOKEN = "second-token";
    await tool.run({}, call);
    expect(server.requests().map(({ headers }) => headers.authorization)).toEqual([
      "Bearer first-token",
      "Bearer second-token",
    ]);
  });

  it("that are not set stop the call and are all named", async () => {
    const tool = { url: "env:API_URL", headers: { Authorization: "Bearer env:TOKEN", "X-B": "env:TOKEN" } };
    expect(await runOnce(tool)).toEqual({
      isError: true,
      content: "This tool is not configured: API_URL, TOKEN are not set.",
    });
    expect((await runOnce({ url: server.url, headers: { A: "env:TOKEN" } })).content).toBe(
      "This tool is not configured: TOKEN is not set.",
    );
    expect(server.requests()).toEqual([]);
  });

  it("with a newline at the end work, as pasted secrets have one", async () => {
    const secrets = { API: `${server.url}\n`, TOKEN: "token-with-newline\n" };
    await runOnce({ url: "env:API", headers: { Authorization: "Bearer env:TOKEN" }, secrets });
    expect(server.requests()[0]?.headers.authorization).toBe("Bearer token-with-newline");
  });

  it("that break a header are named by the header, not by their value", async () => {
    const tool = { url: server.url, headers: { "X-Key": "env:KEY" }, secrets: { KEY: "multi\nline-secret" } };
    const { content } = await runOnce(tool);
    expect(content).toBe(
      'This tool is not configured: its header "X-Key" has a name or value that HTTP does not allow.',
    );
  });

  it.each(["not a url", "file:///etc/passwd", "ftp://a.example", "https://user:pass@a.example"])(
    "that give the url %s stop the call without repeating it",
    async (value) => {
      const { content, isError } = await runOnce({ url: "env:API", secrets: { API: value } });
      expect(isError).toBe(true);
      expect(content).toMatch(/^This tool is not configured: its url /);
      expect(content).not.toContain(value);
    },
  );
});

describe("an API that does not answer", () => {
  it("is given up after the endpoint's time, over the API's", async () => {
    const tool = { url: server.url, path: "/silent", timeoutMs: 100, apiTimeoutMs: 300_000 };
    expect(await runOnce(tool)).toEqual({
      isError: true,
      content: "The API did not answer completely within 0.1 s.",
    });
    await vi.waitFor(() => expect(server.requests()[0]?.answer).toBe("cut"));
  });

  it("is given up after the API's time when the endpoint has none", async () => {
    const outcome = await runOnce({ url: server.url, path: "/silent", apiTimeoutMs: 100 });
    expect(outcome.content).toContain("within 0.1 s");
  });

  it("is given up when it stops in the middle of the body", async () => {
    const outcome = await runOnce({ url: server.url, path: "/stalled", timeoutMs: 100 });
    expect(outcome).toEqual({ isError: true, content: "The API did not answer completely within 0.1 s." });
  });

  it.each(["/drop", "/drop-body"])("but closes the connection (%s) is an outcome", async (path) => {
    expect(await runOnce({ url: server.url, path })).toEqual({
      isError: true,
      content: `No complete answer from ${new URL(server.url).host}: the connection failed or was cut.`,
    });
  });

  it("leaves open whether a change took effect", async () => {
    const drop = { url: server.url, method: "POST", path: "/drop" };
    expect((await runOnce(drop)).content).toMatch(/It is unknown whether the request took effect\.$/);
    expect((await runOnce({ ...drop, idempotent: true })).content).toMatch(/failed or was cut\.$/);
  });

  it("because nothing listens there says so", async () => {
    const gone = await startToolServer();
    await gone.close();
    expect((await runOnce({ url: gone.url })).content).toBe(
      `No complete answer from ${new URL(gone.url).host}: it refused the connection.`,
    );
  });
});

describe("a call that ended", () => {
  it.each(["/echo", "/drop"])("leaves no timer behind (%s)", async (path) => {
    const [start, stop] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "clearTimeout")];
    await runOnce({ url: server.url, path, timeoutMs: 123_456 });
    const started = start.mock.calls.findIndex(([, delay]) => delay === 123_456);
    expect(stop).toHaveBeenCalledWith(start.mock.results[started]?.value);
    vi.restoreAllMocks();
  });
});

describe("aborting a call", () => {
  it.each(["/silent", "/stalled"])("rejects with the signal's reason and hangs up (%s)", async (path) => {
    const abort = new AbortController();
    const reason = new Error("the turn was cancelled");
    const running = runOnce({ url: server.url, path }, {}, { signal: abort.signal });
    await vi.waitFor(() => expect(server.requests()).toHaveLength(1));
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await vi.waitFor(() => expect(server.requests()[0]?.answer).toBe("cut"));
  });

  it("before it starts sends nothing", async () => {
    const reason = new Error("too late");
    await expect(runOnce({ url: server.url }, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(server.requests()).toEqual([]);
  });
});
