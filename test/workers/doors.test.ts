import { env, exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { agents } from "../../agents/index.ts";
import { createLogin, createTicket } from "../../shared/auth/ticket.ts";
import { anonymous, Chat, ORIGIN, postJson, request } from "./support.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

async function errorOf(response: Response): Promise<{ code: string; message: string }> {
  expect(response.headers.get("Content-Type")).toContain("application/json");
  return (await response.json<{ error: { code: string; message: string } }>()).error;
}

describe("the health door", () => {
  it("is open to everybody", async () => {
    const response = await anonymous("/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "healthy", timestamp: expect.any(String) });
  });
});

describe("the admin door", () => {
  const guarded = [
    "/agents",
    "/agents/tester",
    "/agents/tester/chats",
    "/agents/tester/chats/x",
    "/agents/tester/users/x/facts",
    "/agents/tester/patterns",
    "/agents/tester/gateway",
    "/agents/nobody",
  ];

  it.each(guarded)("keeps everybody out of %s who shows nothing", async (path) => {
    const response = await anonymous(path);
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toContain("Bearer");
    expect((await errorOf(response)).code).toBe("unauthorized");
  });

  it.each([
    "Bearer wrong",
    "Bearer test-admin-toke",
    "Bearer test-admin-token2",
    "Bearer",
    "Bearer ",
    "Basic dGVzdC1hZG1pbi10b2tlbg==",
    "test-admin-token",
  ])("keeps %j out", async (authorization) => {
    expect((await anonymous("/agents", { headers: { Authorization: authorization } })).status).toBe(401);
  });

  it("lets the token in, in any case of the scheme's name", async () => {
    const headers = { Authorization: "bearer test-admin-token" };
    expect((await anonymous("/agents", { headers })).status).toBe(200);
  });

  it("lets a fresh session cookie in, and none that is forged, stale, or a ticket", async () => {
    const now = Date.now();
    const cookie = async (value: string) =>
      (await anonymous("/agents", { headers: { Cookie: `rig_session=${value}` } })).status;
    const session = await createLogin("test-admin-token", { now, random });
    expect(await cookie(session)).toBe(200);
    expect(await cookie(`${session.slice(0, -1)}${session.endsWith("A") ? "B" : "A"}`)).toBe(401);
    expect(await cookie(await createLogin("another token", { now, random }))).toBe(401);
    expect(await cookie(await createLogin("test-admin-token", { now: now - 31 * 86_400_000, random }))).toBe(
      401,
    );
    expect(await cookie(await createTicket("test-admin-token", { now, random }))).toBe(401);
    expect(await cookie("")).toBe(401);
  });

  it("stays shut for everybody when no token is configured", async () => {
    const worker = (await import("../../workers/index.ts")).default;
    const open = (headers: HeadersInit) =>
      worker.fetch(new Request(`${ORIGIN}/agents`, { headers }), { ...env, ADMIN_TOKEN: "" });
    const tries: HeadersInit[] = [{}, { Authorization: "Bearer " }, { Authorization: "Bearer undefined" }];
    for (const headers of tries) {
      const response = await open(headers);
      expect(response.status).toBe(503);
      expect((await errorOf(response as Response)).code).toBe("admin_token_missing");
    }
  });
});

describe("the login", () => {
  const form = (token: string) =>
    anonymous("/login", {
      method: "POST",
      headers: FORM_TYPE,
      body: new URLSearchParams({ token }).toString(),
    });

  it("exchanges the token for a cookie that no script can read and no other site can send", async () => {
    const response = await form("test-admin-token");
    expect(response.status).toBe(303);
    expect(response.headers.get("Location")).toBe("/");
    const cookie = response.headers.get("Set-Cookie") ?? "";
    expect(cookie).toMatch(/^rig_session=v1\./);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toMatch(/Secure/);
    expect(cookie).not.toContain("test-admin-token");
    const value = cookie.split(";", 1)[0] ?? "";
    expect((await anonymous("/agents", { headers: { Cookie: value } })).status).toBe(200);
    expect((await anonymous("/", { headers: { Cookie: value } })).status).toBe(200);
  });

  it("marks the cookie Secure off this machine", async () => {
    const body = new URLSearchParams({ token: "test-admin-token" }).toString();
    const url = "https://rig.example.com/login";
    const response = await exports.default.fetch(
      new Request(url, { method: "POST", headers: FORM_TYPE, body, redirect: "manual" }),
    );
    expect(response.headers.get("Set-Cookie")).toMatch(/Secure/);
  });

  it.each(["wrong", "", " "])("refuses the token %j", async (token) => {
    const response = await form(token);
    expect(response.headers.get("Location")).toBe("/login?error=token");
    expect(response.headers.get("Set-Cookie")).toBeNull();
  });

  it("takes a ticket once", async () => {
    const ticket = await createTicket("test-admin-token", { now: Date.now(), random });
    const tries = await Promise.all(Array.from({ length: 10 }, () => anonymous(`/login?ticket=${ticket}`)));
    expect(tries.filter(({ headers }) => headers.has("Set-Cookie"))).toHaveLength(1);
    for (const response of tries.filter(({ headers }) => !headers.has("Set-Cookie"))) {
      expect(response.headers.get("Location")).toBe("/login?error=ticket");
    }
  });

  it("does not take a ticket again once others have been used, and forgets those that have run out", async () => {
    const now = Math.floor(Date.now() / 1000);
    const ranOut = env.DB.prepare("INSERT INTO used_tickets (nonce, expires) VALUES ('ran-out', ?)");
    await ranOut.bind(now - 1).run();
    const [first, second] = await Promise.all(
      [1, 2].map(() => createTicket("test-admin-token", { now: Date.now(), random })),
    );
    for (const ticket of [first, second])
      expect((await anonymous(`/login?ticket=${ticket}`)).headers.has("Set-Cookie")).toBe(true);
    for (const ticket of [first, second, first]) {
      const again = await anonymous(`/login?ticket=${ticket}`);
      expect(again.headers.get("Location")).toBe("/login?error=ticket");
      expect(again.headers.has("Set-Cookie")).toBe(false);
    }
    const left = await env.DB.prepare("SELECT nonce FROM used_tickets WHERE expires <= ?").bind(now).all();
    expect(left.results).toEqual([]);
  });

  it.each(["", "x", "v1.9999999999.AAAAAAAAAAAAAAAAAAAAAA.AAAA"])("refuses the ticket %j", async (ticket) => {
    const response = await anonymous(`/login?ticket=${ticket}`);
    expect(response.headers.get("Location")).toBe("/login?error=ticket");
  });

  it("refuses a ticket that has run out", async () => {
    const ticket = await createTicket("test-admin-token", { now: Date.now() - 2 * 3_600_000, random });
    expect((await anonymous(`/login?ticket=${ticket}`)).headers.get("Set-Cookie")).toBeNull();
  });

  it("ends with the cookie gone", async () => {
    const response = await anonymous("/logout", { method: "POST" });
    expect(response.headers.get("Set-Cookie")).toMatch(/rig_session=;.*Max-Age=0/);
  });

  it("shows the page to those who are in, and the login to others", async () => {
    expect((await anonymous("/")).headers.get("Location")).toBe("/login");
    expect(await (await anonymous("/login")).text()).toContain("<form");
    expect(await (await request("/")).text()).toContain("<title>");
  });
});

describe("a message that cannot be understood", () => {
  const path = "/agents/tester/chats/doors/messages";
  const valid = { id: "m", text: "hi" };
  const broken = new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);

  it.each<[string, RequestInit, number, string, RegExp]>([
    ["no body", { headers: JSON_TYPE }, 400, "invalid_json", /JSON/],
    ["garbage", { headers: JSON_TYPE, body: "{nope" }, 400, "invalid_json", /JSON/],
    ["broken UTF-8", { headers: JSON_TYPE, body: broken }, 400, "invalid_utf8", /UTF-8/],
    ["a list", { headers: JSON_TYPE, body: "[]" }, 400, "invalid_body", /object/],
    ["no text", { headers: JSON_TYPE, body: '{"id":"m"}' }, 400, "invalid_body", /^text: .*string/],
    [
      "blank text",
      { headers: JSON_TYPE, body: '{"id":"m","text":" \\n"}' },
      400,
      "invalid_body",
      /^text: .*some text/,
    ],
    [
      "a wrong id",
      { headers: JSON_TYPE, body: '{"id":"a b","text":"x"}' },
      400,
      "invalid_body",
      /^id: .*letters/,
    ],
    ["a number", { headers: JSON_TYPE, body: '{"id":"m","text":7}' }, 400, "invalid_body", /^text: .*string/],
    [
      "no type",
      { headers: { "Content-Type": "" }, body: "{}" },
      415,
      "unsupported_media_type",
      /application\/json/,
    ],
    ["a form", { headers: FORM_TYPE, body: "text=hi" }, 415, "unsupported_media_type", /application\/json/],
    [
      "a text too long",
      { headers: JSON_TYPE, body: JSON.stringify({ ...valid, text: "x".repeat(32_001) }) },
      400,
      "invalid_body",
      /^text: .*32000/,
    ],
    [
      "a body too large",
      { headers: JSON_TYPE, body: JSON.stringify({ ...valid, text: "x".repeat(1_100_000) }) },
      413,
      "body_too_large",
      /1048576 bytes/,
    ],
  ])("%s is refused with its reason, and nothing is stored", async (_, init, status, code, message) => {
    const response = await request(path, { method: "POST", ...init });
    expect(response.status).toBe(status);
    const error = await errorOf(response);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(await (await request("/agents/tester/chats/doors")).json()).toEqual({ turns: [] });
  });

  it("is refused for an agent or a chat that cannot be", async () => {
    const nobody = await postJson("/agents/nobody/chats/x/messages", valid);
    expect(nobody.status).toBe(404);
    expect(await errorOf(nobody)).toEqual({
      code: "unknown_agent",
      message: `There is no agent "nobody". Agents: ${agents.ids.join(", ")}.`,
    });
    const prototype = await postJson("/agents/constructor/chats/x/messages", valid);
    expect(prototype.status).toBe(404);
    const wrongChat = await postJson(`/agents/tester/chats/${"x".repeat(65)}/messages`, valid);
    expect(wrongChat.status).toBe(400);
    expect((await errorOf(wrongChat)).code).toBe("invalid_chat_id");
  });

  it("is refused for an agent whose character cannot be read, without telling how", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const response = await postJson("/agents/broken/chats/x/messages", valid);
    expect(response.status).toBe(503);
    expect((await errorOf(response)).code).toBe("agent_unavailable");
    expect(logged.mock.calls.flat().join()).toContain("personality");
    logged.mockRestore();
  });
});

describe("a request that fits no door", () => {
  it.each([
    ["DELETE", "/agents/tester/chats/x", "GET"],
    ["PUT", "/agents/tester/chats/x/messages", "POST"],
    ["GET", "/agents/tester/chats/x/messages", "POST"],
    ["POST", "/health", "GET"],
    ["PATCH", "/login", "GET, POST"],
  ])("%s %s is a wrong method: %s is right", async (method, path, allow) => {
    const response = await request(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("Allow")).toBe(allow);
    expect((await errorOf(response)).code).toBe("method_not_allowed");
  });

  it.each([
    ["GET", "/nothing-here"],
    ["POST", "/nothing-here"],
    ["GET", "/agents/tester/nothing"],
    ["GET", "/%ff"],
  ])("%s %s leads nowhere", async (method, path) => {
    const response = await request(path, { method });
    expect(response.status).toBe(404);
    expect((await errorOf(response)).code).toBe("not_found");
  });

  it("is told to shake hands at the socket, and from the right page", async () => {
    const path = "/agents/tester/chats/x/socket";
    const plain = await request(path);
    expect(plain.status).toBe(426);
    const handshake = { Upgrade: "websocket" };
    expect((await request(path, { headers: { ...handshake, Origin: "https://evil.example" } })).status).toBe(
      403,
    );
    expect((await anonymous(path, { headers: handshake })).status).toBe(401);
    const own = await request(path, { headers: { ...handshake, Origin: ORIGIN } });
    expect(own.status).toBe(101);
    own.webSocket?.accept();
    own.webSocket?.close();
  });
});

describe("every answer", () => {
  it.each(["/health", "/login", "/agents", "/nothing", "/style.css"])(
    "of %s carries the security headers",
    async (path) => {
      const { headers } = await anonymous(path);
      const policy = headers.get("Content-Security-Policy") ?? "";
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    },
  );
});

describe("a failure inside", () => {
  it("tells the client nothing but that, and the log everything", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const worker = (await import("../../workers/index.ts")).default;
    const DB = {
      prepare: () => {
        throw new Error("a secret detail");
      },
    };
    const headers = { Authorization: "Bearer test-admin-token" };
    const broken = { ...env, DB: DB as unknown as D1Database };
    const response = await worker.fetch(new Request(`${ORIGIN}/agents/tester/chats`, { headers }), broken);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("a secret detail");
    expect(logged.mock.calls.flat().join()).toContain("a secret detail");
    logged.mockRestore();
  });
});

describe("a socket's frames", () => {
  it.each<[string, string | ArrayBuffer, string, RegExp]>([
    ["garbage", "nope", "invalid_json", /JSON/],
    ["bytes", new Uint8Array([1, 2, 3]).buffer, "binary_frame", /text frame/],
    ["an unknown type", '{"type":"dance"}', "invalid_frame", /^type/],
    ["a message without text", '{"type":"send","id":"m1"}', "invalid_frame", /^text/],
    [
      "a frame too large",
      JSON.stringify({ type: "send", id: "m1", text: "x".repeat(200_000) }),
      "frame_too_large",
      /128000/,
    ],
  ])("%s are answered by an error, and the socket stays", async (_, data, code, message) => {
    const socket = await new Chat("tester").connect();
    socket.socket.send(data);
    const frame = await socket.next((candidate) => candidate.type === "error");
    expect(frame.code).toBe(code);
    expect(frame.message).toMatch(message);
    socket.frames.length = 0;
    socket.send({ type: "sync" });
    expect((await socket.next((candidate) => candidate.type === "hello")).turns).toEqual([]);
    socket.socket.close();
  });

  it("name the message that was refused", async () => {
    const socket = await new Chat("tester").connect();
    socket.socket.send('{"type":"send","id":"m1","text":""}');
    expect((await socket.next((frame) => frame.type === "error")).id).toBe("m1");
    socket.socket.close();
  });
});
