import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { DiscordError } from "../../../shared/discord/errors.ts";
import { MAX_INVALID } from "../../../shared/discord/invalid-requests.ts";
import { type DiscordRequest, DiscordRest, type DiscordRestOptions } from "../../../shared/discord/rest.ts";

const TOKEN = "the-bot-token";

/** A request as it was sent, and when. */
interface Sent {
  at: number;
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

type Reply = Response | Error | (() => Promise<Response>);

/** A client whose clock moves only when it sleeps, and whose Discord answers what it is told to, in order. */
function clientOf(replies: Reply[], options: Partial<DiscordRestOptions> = {}) {
  const clock = { now: 1_000_000 };
  const sent: Sent[] = [];
  const rest = new DiscordRest({
    baseUrl: "https://discord.test/api/v10",
    token: TOKEN,
    now: () => clock.now,
    random: () => 0.5,
    sleep: async (ms) => {
      clock.now += ms;
    },
    fetch: async (url, init) => {
      const headers = new Headers(init.headers);
      const path = url.replace("https://discord.test/api/v10", "");
      sent.push({ at: clock.now - 1_000_000, method: init.method ?? "", path, headers, body: init.body });
      const reply = replies.shift() ?? json({});
      if (reply instanceof Error) throw reply;
      return typeof reply === "function" ? reply() : reply;
    },
    ...options,
  });
  return { rest, sent, clock };
}

function json(
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: HeadersInit } = {},
) {
  return new Response(JSON.stringify(body), { status, headers });
}

function bucket(remaining: number, resetAfter: number, name = "b1") {
  return {
    "X-RateLimit-Bucket": name,
    "X-RateLimit-Remaining": String(remaining),
    "X-RateLimit-Reset-After": String(resetAfter),
  };
}

const limited = (retryAfter: number, { global = false, scope = "user" } = {}) =>
  json({ retry_after: retryAfter, global }, { status: 429, headers: { "X-RateLimit-Scope": scope } });

const create = { method: "POST", path: "/channels/1/messages", body: { content: "hi" } } as const;

const failure = (made: Promise<unknown>) => made.catch((error: unknown) => error as DiscordError);

/** Makes a request that cannot wait, so that no time passes, and answers with how it failed. */
const refusedAt = (rest: DiscordRest, request: DiscordRequest, now: number) =>
  failure(rest.request({ ...request, deadline: now }));

describe("a request", () => {
  it("says who it is, and carries its body as JSON", async () => {
    const { rest, sent } = clientOf([json({ id: "9" })]);
    expect(await rest.request(create)).toEqual({ id: "9" });
    expect(sent[0]?.headers.get("Authorization")).toBe(`Bot ${TOKEN}`);
    expect(sent[0]?.headers.get("User-Agent")).toMatch(/^DiscordBot \(https:\/\/\S+, \S+\)$/);
    expect(sent[0]?.headers.get("Content-Type")).toBe("application/json");
    expect(sent[0]?.body).toBe('{"content":"hi"}');
  });

  it("with files is a form whose payload_json is the body", async () => {
    const { rest, sent } = clientOf([]);
    await rest.request({ ...create, files: [{ name: "a.md", type: "text/markdown", content: "whole" }] });
    const form = sent[0]?.body as FormData;
    expect(form.get("payload_json")).toBe('{"content":"hi"}');
    const file = form.get("files[0]") as File;
    expect([file.name, await file.text()]).toEqual(["a.md", "whole"]);
  });

  it("that has no content is answered by nothing", async () => {
    const { rest } = clientOf([new Response(null, { status: 204 })]);
    expect(await rest.request({ method: "POST", path: "/channels/1/typing" })).toBeUndefined();
  });

  it.each(["/interactions/1/aW50ZXI/callback", "/webhooks/1/aW50ZXI/messages/@original"])(
    "to %s never carries the bot token, and asks for no permit",
    async (path) => {
      let permits = 0;
      const permit = async () => permits++;
      const { rest, sent } = clientOf([json({ message: "Unknown", code: 10_015 }, { status: 404 })], {
        permit,
      });
      const error = await failure(rest.request({ method: "POST", path }));
      expect(sent[0]?.headers.has("Authorization")).toBe(false);
      expect(permits).toBe(0);
      expect(String(error)).not.toContain("aW50ZXI");
    },
  );

  it.each([
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not_found"],
    [400, "bad_request"],
  ])(
    "that is refused with %i fails at once, as %s, and names neither ids nor token",
    async (status, code) => {
      const { rest, sent } = clientOf([json({ message: "No.", code: 50_013 }, { status })]);
      const error = await failure(rest.request({ ...create, path: "/channels/123456/messages" }));
      expect(error).toMatchObject({ name: "DiscordError", code, status, discordCode: 50_013 });
      expect(String(error)).toBe(`DiscordError: POST /channels/:id/messages: ${status} No. (50013)`);
      expect(sent).toHaveLength(1);
    },
  );

  it("that is not taken names the fields, and nothing of what was in them", async () => {
    const errors = { attachments: { 0: { id: { _errors: [{ code: "BAD", message: "secret text" }] } } } };
    const body = { message: "Invalid Form Body", code: 50_035, errors };
    const { rest } = clientOf([json(body, { status: 400 })]);
    const error = await failure(rest.request(create));
    expect(String(error)).toMatch(/: 400 Invalid Form Body \(50035\): attachments\.0\.id$/);
  });
});

describe("what may pass", () => {
  it.each([
    ["a 500", json({}, { status: 500 })],
    ["a 503 of a proxy", new Response("<html>", { status: 503 })],
    ["a connection that breaks", new TypeError("cut")],
    ["a page with status 403", new Response("<title>Attention Required!</title>", { status: 403 })],
    ["a 403 that says nothing", new Response(null, { status: 403 })],
    [
      "a 403 in the network's own name",
      json({ message: "internal network error", code: 40_333 }, { status: 403 }),
    ],
    ["a 401 page", new Response("<h1>Sign in to the proxy</h1>", { status: 401 })],
    ["a 408", new Response("<html>Request Timeout</html>", { status: 408 })],
    ["a 200 that is a page", new Response("<h1>Welcome to our wireless network</h1>")],
    ["a 200 that ends too early", new Response('{"id":"9","content":"h')],
    ["a 200 without a word", new Response("")],
  ])("is tried again after %s, later each time", async (_, reply) => {
    const again = () => Promise.resolve(json({}, { status: 502 }));
    const { rest, sent } = clientOf([reply, again, json({ id: "9" })]);
    expect(await rest.request(create)).toEqual({ id: "9" });
    expect(sent.map(({ at }) => at)).toEqual([0, 375, 1_125]);
  });

  it.each([
    ["a 500", json({}, { status: 500 })],
    ["no answer", new Error("cut")],
    ["an answer that cannot be read", new Response('{"id":')],
  ])("that would be done twice is made once when it meets %s, but waits for limits", async (_, reply) => {
    const { rest, sent } = clientOf([limited(1), reply]);
    const once = { method: "POST", path: "/webhooks/1/token", isRepeatable: false } as const;
    await expect(rest.request(once)).rejects.toMatchObject({ code: "unavailable" });
    expect(sent).toHaveLength(2);
  });

  it("of which only the status is asked for is done by a 2xx, whatever it says", async () => {
    const { rest, sent } = clientOf([new Response("ok")]);
    expect(await rest.request({ ...create, answer: "optional" })).toBeUndefined();
    expect(sent).toHaveLength(1);
  });

  it("has its full time however long it waited for its permit", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const isSent = Promise.withResolvers<void>();
    const { rest, clock } = clientOf([], {
      permit: async () => 4_900,
      fetch: (_, { signal }) => {
        const { promise, reject } = Promise.withResolvers<Response>();
        signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        isSent.resolve();
        return promise;
      },
    });
    let isOver = false;
    const made = failure(rest.request({ ...create, deadline: clock.now + 5_000, isRepeatable: false }));
    void made.finally(() => {
      isOver = true;
    });
    await isSent.promise;
    await vi.advanceTimersByTimeAsync(4_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await made).toMatchObject({ code: "unavailable" });
  });

  it("is given up at the deadline", async () => {
    const replies = Array.from({ length: 20 }, () => json({}, { status: 500 }));
    const { rest, sent, clock } = clientOf(replies);
    const error = await failure(rest.request({ ...create, deadline: clock.now + 5_000 }));
    expect(error).toMatchObject({ code: "unavailable", status: 500 });
    expect(sent.map(({ at }) => at)).toEqual([0, 375, 1_125, 2_625]);
  });

  it("ends when its signal fires", async () => {
    const stop = new AbortController();
    const { rest } = clientOf([], {
      fetch: (_, init) => {
        const { promise, reject } = Promise.withResolvers<Response>();
        init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        stop.abort(new Error("stopped"));
        return promise;
      },
    });
    await expect(rest.request({ ...create, signal: stop.signal })).rejects.toThrow("stopped");
  });

  it("is not made any more when its signal fires while it waits for a permit", async () => {
    const stop = new AbortController();
    const permit = async () => {
      stop.abort(new Error("stopped"));
      return 0;
    };
    const { rest, sent } = clientOf([], { permit });
    await expect(rest.request({ ...create, signal: stop.signal })).rejects.toThrow("stopped");
    expect(sent).toEqual([]);
  });
});

describe("a redirect", () => {
  it("is not followed: nothing that Discord was asked goes anywhere else", async () => {
    const asked: string[] = [];
    await using server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(307, { Location: "/elsewhere" }).end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { rest } = clientOf([], { baseUrl: `http://127.0.0.1:${port}`, fetch });
    await expect(rest.request(create)).rejects.toMatchObject({ code: "unavailable", status: 307 });
    expect(new Set(asked)).toEqual(new Set([create.path]));
  });
});

describe("rate limits", () => {
  it("are waited for instead of being met", async () => {
    const { rest, sent } = clientOf([
      json({}, { headers: bucket(1, 2) }),
      json({}, { headers: bucket(0, 2) }),
    ]);
    for (let n = 0; n < 3; n++) await rest.request(create);
    expect(sent.map(({ at }) => at)).toEqual([0, 0, 2_000]);
  });

  it("hold for one channel, not for another", async () => {
    const { rest, sent } = clientOf([json({}, { headers: bucket(0, 9) })]);
    await rest.request(create);
    await rest.request({ ...create, path: "/channels/2/messages" });
    expect(sent.map(({ at }) => at)).toEqual([0, 0]);
  });

  it("hold for all routes of one bucket", async () => {
    const headers = bucket(0, 3, "shared-by-both");
    const { rest, sent } = clientOf([
      json({}, { headers: bucket(5, 3, "shared-by-both") }),
      json({}, { headers }),
    ]);
    await rest.request({ method: "PATCH", path: "/channels/1/messages/5" });
    await rest.request(create);
    await rest.request({ method: "PATCH", path: "/channels/1/messages/6" });
    expect(sent.map(({ at }) => at)).toEqual([0, 0, 3_000]);
  });

  it("that were met all the same hold as long as Discord says", async () => {
    const { rest, sent } = clientOf([limited(1.25), json({ id: "9" })]);
    expect(await rest.request(create)).toEqual({ id: "9" });
    expect(sent.map(({ at }) => at)).toEqual([0, 1_250]);
  });

  it("that are global hold for everything but what carries its own token", async () => {
    const { rest, sent, clock } = clientOf([limited(2, { global: true })]);
    expect(await refusedAt(rest, create, clock.now)).toMatchObject({ code: "rate_limited" });
    await rest.request({ method: "POST", path: "/interactions/1/token/callback" });
    await rest.request({ method: "GET", path: "/users/@me" });
    expect(sent.map(({ path, at }) => [path, at])).toEqual([
      [create.path, 0],
      ["/interactions/1/token/callback", 0],
      ["/users/@me", 2_000],
    ]);
  });

  it("of what carries its own token hold for that alone, even where Discord calls them global", async () => {
    const { rest, sent, clock } = clientOf([limited(2, { global: true })]);
    const callback = { method: "POST", path: "/interactions/1/token/callback" } as const;
    expect(await refusedAt(rest, callback, clock.now)).toMatchObject({ code: "rate_limited" });
    await rest.request(create);
    await rest.request(callback);
    expect(sent.map(({ path, at }) => [path, at])).toEqual([
      [callback.path, 0],
      [create.path, 0],
      [callback.path, 2_000],
    ]);
  });

  it("that are global last as long as the longest of those that were told", async () => {
    const both = Promise.withResolvers<void>();
    const { rest, sent, clock } = clientOf([
      () => both.promise.then(() => limited(5, { global: true })),
      async () => {
        both.resolve();
        return limited(1, { global: true });
      },
    ]);
    const other = { ...create, path: "/channels/2/messages" };
    await Promise.all([refusedAt(rest, create, clock.now), refusedAt(rest, other, clock.now)]);
    await rest.request({ method: "GET", path: "/users/@me" });
    expect(sent.map(({ at }) => at)).toEqual([0, 0, 5_000]);
  });

  it("that leave no time before the deadline fail at once", async () => {
    const { rest, sent, clock } = clientOf([limited(30)]);
    const error = await failure(rest.request({ ...create, deadline: clock.now + 5_000 }));
    expect(error).toMatchObject({ code: "rate_limited" });
    expect(sent).toHaveLength(1);
  });

  it("of the bot as a whole are kept by waiting for a permit, as long as the deadline allows", async () => {
    const within: number[] = [];
    const permit = async (withinMs: number) => within.push(withinMs) * 40;
    const { rest, sent, clock } = clientOf([], { permit });
    await rest.request({ ...create, deadline: clock.now + 70 });
    expect(sent.map(({ at }) => at)).toEqual([40]);
    const error = await failure(rest.request({ ...create, deadline: clock.now + 70 }));
    expect(error).toMatchObject({ code: "rate_limited" });
    expect(within).toEqual([70, 70]);
  });

  it("of the address hold for everything, as long as Retry-After says whatever the body is", async () => {
    const ban = new Response("error code: 1015", { status: 429, headers: { "Retry-After": "7" } });
    const { rest, sent, clock } = clientOf([ban]);
    expect(await refusedAt(rest, create, clock.now)).toMatchObject({ code: "rate_limited" });
    await rest.request({ method: "POST", path: "/interactions/1/token/callback" });
    expect(sent.map(({ at }) => at)).toEqual([0, 7_000]);
  });

  it("keep the order of what was asked for in one channel", async () => {
    const { rest, sent } = clientOf([limited(1)]);
    const bodies = ["a", "b", "c"].map((content) => ({ ...create, body: { content } }));
    await Promise.all(bodies.map((request) => rest.request(request)));
    expect(sent.map(({ body }) => JSON.parse(String(body)).content)).toEqual(["a", "a", "b", "c"]);
  });
});

describe("invalid requests", () => {
  it("stop everything of a token that was refused, for a minute", async () => {
    const { rest, sent, clock } = clientOf([
      json({ message: "401: Unauthorized", code: 0 }, { status: 401 }),
    ]);
    await failure(rest.request(create));
    expect(await failure(rest.request({ method: "GET", path: "/users/@me" }))).toMatchObject({
      code: "unauthorized",
    });
    expect(sent).toHaveLength(1);
    clock.now += 60_000;
    await rest.request(create);
    expect(sent).toHaveLength(2);
  });

  it("stop what has waited for a limit while the token was refused", async () => {
    let meanwhile: Promise<unknown> | undefined;
    const { rest, sent, clock } = clientOf(
      [json({}, { headers: bucket(0, 9) }), json({ message: "401: Unauthorized", code: 0 }, { status: 401 })],
      {
        sleep: async (ms) => {
          meanwhile ??= failure(rest.request({ method: "GET", path: "/users/@me" }));
          await meanwhile;
          clock.now += ms;
        },
      },
    );
    await rest.request(create);
    expect(await failure(rest.request(create))).toMatchObject({ code: "unauthorized" });
    expect(sent.map(({ path }) => path)).toEqual([create.path, "/users/@me"]);
  });

  it("open a breaker long before Discord bans, which closes after ten minutes", async () => {
    const forbidden = () =>
      Promise.resolve(json({ message: "Missing Access", code: 50_001 }, { status: 403 }));
    const { rest, sent, clock } = clientOf(Array.from({ length: MAX_INVALID }, () => forbidden));
    for (let n = 0; n < MAX_INVALID; n++) await failure(rest.request(create));
    expect(await failure(rest.request(create))).toMatchObject({ code: "blocked" });
    expect(sent).toHaveLength(MAX_INVALID);
    clock.now += 600_000;
    expect(await rest.request(create)).toEqual({});
  });

  it("are none where the network in between has refused them", async () => {
    const page = () => Promise.resolve(new Response("<h1>Forbidden</h1>", { status: 403 }));
    const { rest, clock } = clientOf(Array.from({ length: MAX_INVALID }, () => page));
    for (let n = 0; n < MAX_INVALID; n++) await refusedAt(rest, create, clock.now);
    expect(await rest.request(create)).toEqual({});
  });

  it("are none where the limit is shared with others", async () => {
    const shared = () => Promise.resolve(limited(0.001, { scope: "shared" }));
    const { rest } = clientOf(Array.from({ length: MAX_INVALID + 1 }, () => shared));
    expect(await rest.request(create)).toEqual({});
  });
});
