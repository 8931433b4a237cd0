import { drizzle } from "drizzle-orm/d1";
import { type Context, Hono } from "hono";
import { listChats } from "../../d1/chats.ts";
import type { Env } from "../../durable-objects/env.ts";
import { chatDecision, refusalOf } from "../../shared/chat/decision.ts";
import { BUSY, chatMessage } from "../../shared/chat/message.ts";
import { chatEvent, OPERATOR } from "../../shared/session/event.ts";
import { chatConversation, sessionName } from "../../shared/session/name.ts";
import { readJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

/** How many chats the playground lists. */
const LISTED_CHATS = 50;

/** Web chats, mounted at `/agents/:agent/chats`. */
export function chatRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => {
    const { id } = requireAgent(agentParam(c));
    return c.json({ chats: await listChats(drizzle(c.env.DB), id, LISTED_CHATS) });
  });

  routes.get("/:chat", async (c) => c.json({ turns: await session(c).history() }));

  /** Answers 202 once the message is stored; the answer comes over the socket, or by asking for the chat. */
  routes.post("/:chat/messages", async (c) => {
    const room = session(c);
    const message = await readJson(c, chatMessage);
    const event = chatEvent(message);
    c.set("trace", event.id);
    const receipt = await room.accept(event);
    if (receipt.status === "busy") {
      c.header("Retry-After", "10");
      throw new RequestError(429, BUSY.code, BUSY.message);
    }
    return c.json({ id: message.id, turn: receipt.turn, duplicate: receipt.status === "duplicate" }, 202);
  });

  routes.post("/:chat/stop", async (c) => c.json({ stopped: await session(c).stop() }));

  /** Approves or declines a tool call. The first decision holds: a further one is answered by 409 and changes nothing. */
  routes.post("/:chat/approvals", async (c) => {
    const room = session(c);
    const decision = await readJson(c, chatDecision);
    const outcome = await room.decide({ ...decision, by: OPERATOR });
    const refusal = refusalOf(outcome);
    if (refusal) {
      throw new RequestError(outcome.status === "unknown_call" ? 404 : 409, refusal.code, refusal.message);
    }
    return c.json(decision);
  });

  /** Forgets the conversation; what the agent knows about people stays. */
  routes.post("/:chat/reset", async (c) => {
    await session(c).reset();
    return c.body(null, 204);
  });

  routes.get("/:chat/socket", async (c) => {
    const room = session(c);
    if (c.req.header("Upgrade")?.toLowerCase() !== "websocket") {
      c.header("Upgrade", "websocket");
      throw new RequestError(426, "upgrade_required", "Expected a WebSocket handshake.");
    }
    assertSameOrigin(c);
    const { webSocket } = await room.fetch(c.req.raw);
    return new Response(null, { status: 101, webSocket });
  });

  return routes;
}

function agentParam(c: Context): string {
  return c.req.param("agent") ?? "";
}

/** @throws RequestError 404 for an unknown agent, 400 for a chat id that is none. */
function session(c: Context<{ Bindings: Env }>) {
  const agent = requireAgent(agentParam(c)).id;
  const chat = c.req.param("chat") ?? "";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(chat)) {
    throw new RequestError(400, "invalid_chat_id", "chat: expected 1 to 64 letters, digits, - or _.");
  }
  return c.env.CHANNEL_SESSION.getByName(sessionName({ agent, conversation: chatConversation(chat) }));
}

/** Browsers send cookies with a WebSocket handshake from any site, and always say from which (RFC 6455, section 10.2). */
function assertSameOrigin(c: Context): void {
  const origin = c.req.header("Origin");
  if (origin !== undefined && origin !== new URL(c.req.url).origin) {
    throw new RequestError(403, "wrong_origin", "Expected a handshake from this site's own page.");
  }
}
