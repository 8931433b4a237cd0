import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isUnderBase } from "../../../shared/tools/request-url.ts";
import { anyCodePoint } from "../../support/any-code-point.ts";
import { startToolServer, type ToolServer } from "../../support/tool-server.ts";
import { runOnce } from "./one-tool.ts";

let server: ToolServer;
let elsewhere: ToolServer;
beforeAll(async () => {
  [server, elsewhere] = await Promise.all([startToolServer(), startToolServer()]);
});
beforeEach(() => {
  server.reset();
  elsewhere.reset();
});
afterAll(() => Promise.all([server.close(), elsewhere.close()]));

const run = (path: string, input: unknown, method = "GET") =>
  runOnce({ url: `${server.url}/base`, method, path }, input);

describe("a path parameter", () => {
  it.each([
    ["a b", "a%20b"],
    ["a/b", "a%2Fb"],
    ["//evil.example", "%2F%2Fevil.example"],
    ["?x=1#y", "%3Fx%3D1%23y"],
    ["@evil.example", "%40evil.example"],
    ["ünï", "%C3%BCn%C3%AF"],
    ["a..b", "a..b"],
    ["...", "..."],
    ["%00\r\nHost: evil", "%2500%0D%0AHost%3A%20evil"],
  ])("of %j is one encoded segment", async (id, encoded) => {
    await run("/items/:id/end", { id });
    expect(server.requests().map(({ target }) => target)).toEqual([`/base/items/${encoded}/end`]);
  });

  it.each([
    "..",
    ".",
    "../admin",
    "..\\admin",
    "a/../../admin",
    "a/./b",
    "%2e%2e",
    "%2E%2e/x",
    ".%2e",
    "..%2fadmin",
    "..%5Cadmin",
    "%252e%252e%252fadmin",
    `%${"25".repeat(500)}2e.`,
    "\ud800",
    "a".repeat(2_001),
  ])("of %j is refused without a request", async (id) => {
    const outcome = await run("/items/:id", { id });
    expect(outcome).toMatchObject({ isError: true, content: expect.stringMatching(/^id: /) });
    expect(server.requests()).toEqual([]);
  });

  it("is refused in linear time", async () => {
    const outcome = await run("/items/:id", { id: "%25".repeat(1_000_000) });
    expect(outcome.content).toBe("id: must not be longer than 2000 characters.");
  });

  it("cannot make the request leave the base path, whatever it is", { timeout: 60_000 }, async () => {
    const nasty = fc.constantFrom(
      ".",
      "..",
      "/",
      "\\",
      "//",
      "%",
      "%2e",
      "%2f",
      "%5c",
      "%25",
      "?",
      "#",
      "@",
      ":",
      ";",
      "\t",
      "\n",
      "\0",
      "\ud800",
    );
    const value = fc
      .array(fc.oneof(nasty, fc.string({ unit: anyCodePoint })), { maxLength: 8 })
      .map((parts) => parts.join(""));
    const template = fc.constantFrom(
      "/items/{id}",
      "/{id}",
      "/{id}/{other}/end",
      "/.{id}",
      "/{id}.{other}",
      "/a:{id}{other}",
    );
    await fc.assert(
      fc.asyncProperty(
        template,
        value,
        value,
        fc.dictionary(value, value),
        async (path, id, other, query) => {
          server.reset();
          elsewhere.reset();
          const input = { id, query, ...(path.includes("other") ? { other } : {}) };
          const outcome = await run(path, input);
          const [request, ...more] = server.requests();
          expect(more).toEqual([]);
          if (!request) {
            expect(outcome.isError).toBe(true);
            return;
          }
          const sentPath = request.target.split("?")[0] ?? "";
          expect(sentPath).toMatch(/^\/base\//);
          expect(sentPath.split("/").length).toBe(1 + path.split("/").length);
          const decoded = decodeURIComponent(sentPath).split(/[/\\]/);
          expect(decoded).not.toContain("..");
          expect(decoded).not.toContain(".");
          expect(request.headers.host).toBe(new URL(server.url).host);
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("an endpoint's own path", () => {
  it.each(["/../admin", "/%2e%2e/admin", "/a/..%2f../admin", "/..\\admin"])(
    "of %j is refused",
    async (path) => {
      expect(await run(path, {})).toEqual({
        isError: true,
        content: "This tool is not configured: its path leaves its url.",
      });
      expect(server.requests()).toEqual([]);
    },
  );

  it("that looks like a host stays a path", async () => {
    await run(`//${new URL(elsewhere.url).host}/x`, {});
    expect(server.requests()[0]?.target).toBe(`/base//${new URL(elsewhere.url).host}/x`);
    expect(elsewhere.requests()).toEqual([]);
  });
});

describe("the query", () => {
  it("is that of the url, the path and the call, in this order", async () => {
    const tool = { url: `${server.url}/base?key=k`, path: "/echo?lang=en&q={term}" };
    await runOnce(tool, { term: "a&b", query: { page: [1, 2], "x&y": "ü" } });
    expect(server.requests()[0]?.target).toBe("/base/echo?lang=en&q=a%26b&key=k&page=1&page=2&x%26y=%C3%BC");
  });

  it("of a call cannot override what is configured", async () => {
    const outcome = await runOnce({ url: `${server.url}/base?key=k` }, { query: { key: "mine" } });
    expect(outcome).toEqual({
      isError: true,
      content: "query.key is set by the tool's configuration; leave it out.",
    });
    expect(server.requests()).toEqual([]);
  });
});

describe("isUnderBase", () => {
  const base = new URL("https://api.example/v1/");

  it.each(["https://api.example/v1", "https://api.example/v1/a?..", "https://api.example:443/v1/a%2Fb"])(
    "takes %s",
    (url) => expect(isUnderBase(base, new URL(url))).toBe(true),
  );

  it.each([
    "http://api.example/v1/a",
    "https://api.example:8443/v1/a",
    "https://api.example.evil.example/v1/a",
    "https://api.example/v10/a",
    "https://api.example/v1/../a",
    "https://api.example/v1/%2e%2e/a",
    "https://api.example/v1/..%2fa",
    "https://api.example/v1/..%5ca",
    "https://api.example/v1/%252e%252e%252fa",
    "https://api.example\\@evil.example/v1/a",
  ])("refuses %s", (url) => expect(isUnderBase(base, new URL(url))).toBe(false));
});

describe("a redirect", () => {
  const redirect = (to: string, { status = 302, method = "GET" } = {}) =>
    runOnce(
      {
        url: `${server.url}/base`,
        method,
        path: "/redirect",
        headers: { Authorization: "Bearer env:TOKEN" },
        secrets: { TOKEN: "secret-token-value" },
      },
      { query: { to, status }, ...(method === "GET" ? {} : { body: { text: "hello" } }) },
    );

  it("to the same base is followed with the same headers", async () => {
    for (const to of ["/base/echo/there", "echo/there", `${server.url}/base/echo/there`]) {
      server.reset();
      const { isError } = await redirect(to);
      expect(isError).toBe(false);
      const last = server.requests()[1];
      expect(last?.target).toBe("/base/echo/there");
      expect(last?.headers).toMatchObject({
        authorization: "Bearer secret-token-value",
        "idempotency-key": "turn-1",
      });
    }
  });

  it("to another host is not followed, and that host is named", async () => {
    const to = `${elsewhere.url}/base/echo`;
    const outcome = await redirect(to, { status: 307, method: "POST" });
    expect(outcome).toEqual({
      isError: true,
      content: `The API redirected to ${elsewhere.url}, which is outside the tool's configured url, so it was not followed.`,
    });
    expect(elsewhere.requests()).toEqual([]);
  });

  it.each([
    "/admin",
    "/base/../admin",
    "/base/%2e%2e/admin",
    "/base/..%2fadmin",
    "\\admin",
    "/basement/x",
    "..",
  ])("to %s on the same host is not followed", async (to) => {
    const outcome = await redirect(to);
    expect(outcome.isError).toBe(true);
    expect(outcome.content).toContain("another path of 127.0.0.1");
    expect(server.requests()).toHaveLength(1);
  });

  it.each([
    "//evil.invalid/x",
    "\\\\evil.invalid",
    "https:evil.invalid",
    "file:///etc/passwd",
    "http://",
    "data:text/plain,x",
  ])("to %s goes nowhere", async (to) => {
    expect((await redirect(to)).isError).toBe(true);
    expect(server.requests()).toHaveLength(1);
  });

  it.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [301, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "DELETE", "DELETE"],
  ])("%i after %s goes on as %s", async (status, method, then) => {
    await redirect("/base/echo", { status, method });
    const last = server.requests()[1];
    expect(last?.method).toBe(then);
    expect(last?.body).toBe(then === "GET" ? "" : '{"text":"hello"}');
    expect(last?.headers["content-type"]).toBe(then === "GET" ? undefined : "application/json");
  });

  it("is followed three times and no further", async () => {
    const outcome = await runOnce({ url: server.url, path: "/loop" });
    expect(outcome).toEqual({ isError: true, content: "The API redirected more than 3 times." });
    expect(server.requests()).toHaveLength(4);
  });

  it("without a Location is an answer like any other", async () => {
    expect(await redirect("")).toEqual({ isError: true, content: "302 Found\nmoved" });
  });
});
