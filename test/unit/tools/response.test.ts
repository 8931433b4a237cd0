import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startToolServer, type ToolServer } from "../../support/tool-server.ts";
import { runOnce } from "./one-tool.ts";

let server: ToolServer;
beforeAll(async () => {
  server = await startToolServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const get = (path: string, query: Record<string, string | number> = {}) =>
  runOnce({ url: server.url, path }, { query });

const respond = (type: string, body: string | Uint8Array, status = 200) =>
  get("/respond", { type, status, base64: Buffer.from(body).toString("base64") });

const mark = (outcome: { content: string }) => outcome.content.slice(outcome.content.lastIndexOf("\n") + 1);

describe("the body of an answer", () => {
  it.each([
    "application/json",
    "application/problem+json; charset=utf-8",
    "text/html",
    "image/svg+xml",
    "TEXT/CSV",
  ])("of %s reaches the model as it is", async (type) => {
    const body = '{\n  "text": "ünï 👋"\n}\n';
    expect(await respond(type, body)).toEqual({ isError: false, content: body });
  });

  it("is read in the charset it names", async () => {
    const latin1 = Uint8Array.of(0x63, 0x61, 0x66, 0xe9);
    expect((await respond("text/plain; charset=ISO-8859-1", latin1)).content).toBe("café");
    expect((await respond('text/plain; charset="utf-8"', "café")).content).toBe("café");
    expect((await respond("text/plain; charset=klingon", "café")).content).toBe("café");
  });

  it("that is not text is described, not shown", async () => {
    expect(await respond("image/png", new Uint8Array(1234))).toEqual({
      isError: false,
      content: "[binary response: image/png, 1,234 bytes, not shown]",
    });
  });

  it("without a content type is text if it can be", async () => {
    expect((await respond("", "café")).content).toBe("café");
    const binary = "[binary response: application/octet-stream, 3 bytes, not shown]";
    expect((await respond("", Uint8Array.of(0xff, 0xfe, 0xfd))).content).toBe(binary);
    expect((await respond("", Uint8Array.of(65, 0, 66))).content).toBe(binary);
  });

  it("that is empty leaves the status", async () => {
    expect(await get("/status/204")).toEqual({ isError: false, content: "[204 No Content]" });
    expect(await get("/status/200")).toEqual({ isError: false, content: "[200 OK]" });
    expect(await get("/status/503")).toEqual({ isError: true, content: "[503 Service Unavailable]" });
    expect(await runOnce({ url: server.url, method: "HEAD" })).toEqual({
      isError: false,
      content: "[200 OK]",
    });
  });

  it.each([400, 404, 418, 500, 304])("of %i is an error with its status", async (status) => {
    const outcome = await get(`/status/${status}`, { body: "why" });
    expect(outcome.isError).toBe(true);
    expect(outcome.content).toMatch(status === 304 ? /^\[304 / : new RegExp(`^${status} .*\nwhy$`));
  });

  it("of an error that is not text says both", async () => {
    expect(await respond("image/png", "png", 404)).toEqual({
      isError: true,
      content: "404 Not Found\n[binary response: image/png, 3 bytes, not shown]",
    });
  });
});

describe("a large answer", () => {
  it("of exactly 64 KiB is shown whole", async () => {
    const { content } = await get("/large", { bytes: 65_536 });
    expect(content).toBe("a".repeat(65_536));
  });

  it("is cut, and its last line says how much there is", async () => {
    const outcome = await get("/large", { bytes: 200_000, length: "declared" });
    expect(mark(outcome)).toBe("[truncated: 65,536 of 200,000 bytes shown]");
    expect(outcome.content.startsWith(`${"a".repeat(65_536)}\n[`)).toBe(true);
    expect(outcome.isError).toBe(false);
  });

  it("of unknown length is cut, and its last line does not pretend", async () => {
    expect(mark(await get("/large", { bytes: 65_537 }))).toBe(
      "[truncated: 65,536 of more than 65,536 bytes shown]",
    );
  });

  it.each([
    ["é", 65_536],
    ["€", 65_535],
    ["👋", 65_536],
    ["aa👋", 65_534],
  ])("of %j is cut between characters", async (text, shown) => {
    const outcome = await get("/large", { bytes: 100_000, text, length: "declared" });
    expect(mark(outcome)).toBe(`[truncated: ${shown.toLocaleString("en-US")} of 100,000 bytes shown]`);
    const body = outcome.content.slice(0, outcome.content.lastIndexOf("\n"));
    expect(Buffer.byteLength(body)).toBe(shown);
    expect(body).not.toContain("\ufffd");
  });

  it("is not read to its end: the connection of an endless one is given up", async () => {
    expect(mark(await get("/endless"))).toBe("[truncated: 65,536 of more than 65,536 bytes shown]");
    await vi.waitFor(() => expect(server.requests()[0]?.answer).toBe("cut"));
  });
});

describe("secrets in an answer", () => {
  const token = 'to/ken+with "quotes" & ünï';
  const echo = (
    text: string | Uint8Array,
    headers: Record<string, string> = { Authorization: "Bearer env:TOKEN" },
  ) =>
    runOnce(
      { url: server.url, path: "/respond", headers, secrets: { TOKEN: token, SHORT: "short" } },
      { query: { type: "text/plain", base64: Buffer.from(text).toString("base64") } },
    );

  it.each([
    ["as it is", token],
    ["in JSON", JSON.stringify(token).slice(1, -1)],
    ["in JSON with escaped slashes", JSON.stringify(token).slice(1, -1).replaceAll("/", "\\/")],
    ["in a URL", encodeURIComponent(token)],
    ["in a form", new URLSearchParams({ t: token }).toString().slice(2)],
    ["in capitals", token.toUpperCase()],
    ["with its scheme", `Bearer ${token}`],
  ])("are redacted %s", async (_, text) => {
    const { content } = await echo(`before ${text} after`);
    expect(content).toMatch(/^before (Bearer )?\[redacted\] after$/);
  });

  it("are redacted from the headers that an API echoes", async () => {
    const { content } = await runOnce({
      url: server.url,
      headers: {
        "X-Api-Key": "literal-key-1234",
        Cookie: "sid=env:SID; theme=dark",
        "X-Note": "public-note-1",
      },
      secrets: { SID: "session-5678-abcd" },
    });
    expect(server.requests()[0]?.headers).toMatchObject({
      "x-api-key": "literal-key-1234",
      cookie: "sid=session-5678-abcd; theme=dark",
    });
    expect(content).not.toContain("literal-key-1234");
    expect(content).not.toContain("session-5678-abcd");
    expect(content).toContain("public-note-1");
  });

  it("are redacted from a URL that an API echoes, while its address stays", async () => {
    const api = { url: "env:API", secrets: { API: `${server.url}/base?key=long-secret-key` } };
    const { content } = await runOnce(api);
    expect(JSON.parse(content)).toMatchObject({ path: "/base/echo", query: "key=[redacted]" });
  });

  it("are redacted where they stand inside the url", async () => {
    const api = { url: `${server.url}/bot/env:TOKEN`, secrets: { TOKEN: "12345:abcdef-ghi" } };
    expect(JSON.parse((await runOnce(api)).content)).toMatchObject({ path: "/bot/[redacted]/echo" });
  });

  it("are redacted from an error too", async () => {
    const { content } = await runOnce(
      {
        url: server.url,
        path: "/status/401",
        headers: { Authorization: "Bearer env:TOKEN" },
        secrets: { TOKEN: "secret-token" },
      },
      { query: { body: "bad token secret-token" } },
    );
    expect(content).toBe("401 Unauthorized\nbad token [redacted]");
  });

  it("are redacted when the cut leaves only their beginning", async () => {
    const { content } = await runOnce(
      {
        url: server.url,
        path: "/large",
        headers: { Authorization: "Bearer env:TOKEN" },
        secrets: { TOKEN: token },
      },
      { query: { bytes: 100_000, text: token } },
    );
    const copies = 65_536 / Buffer.byteLength(token);
    expect(Number.isInteger(copies)).toBe(false);
    const shown = content.slice(0, content.lastIndexOf("\n"));
    expect(shown === "[redacted]".repeat(Math.ceil(copies))).toBe(true);
  });

  it("under 8 characters are words and stay", async () => {
    expect((await echo("in short", { Authorization: "env:SHORT" })).content).toBe("in short");
  });

  it("may look like a regular expression, or like the mark itself", async () => {
    const secrets = { A: "[redacted]", B: "(.*)+$^{}|\\" };
    const { content } = await runOnce(
      { url: server.url, path: "/status/200", headers: { "X-A": "env:A", "X-B": "env:B" }, secrets },
      { query: { body: `plain ${secrets.A} ${secrets.B}` } },
    );
    expect(content).toBe("plain [redacted] [redacted]");
  });
});
