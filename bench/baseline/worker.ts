/**
 * The least that a chat on Workers can be: Hono in front of a Durable Object that says each frame back. A conversation
 * whose name begins with `stored` keeps the frame first, in one row: the least that a chat can be that loses nothing.
 */
import { DurableObject } from "cloudflare:workers";
import { verifyKey } from "discord-interactions";
import { type Context, Hono } from "hono";

interface Env {
  ECHO: DurableObjectNamespace<Echo>;
  DISCORD_PUBLIC_KEY: string;
}

export class Echo extends DurableObject<Env> {
  readonly #isStored: boolean;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#isStored = ctx.id.name?.startsWith("stored") ?? false;
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS frames (data TEXT)");
  }

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  store(data: string): void {
    this.ctx.storage.sql.exec("INSERT INTO frames VALUES (?)", data);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    if (this.#isStored) this.store(String(data));
    socket.send(data);
  }
}

const app = new Hono<{ Bindings: Env }>();
app.get("/chats/:chat/socket", (c) => c.env.ECHO.getByName(c.req.param("chat")).fetch(c.req.raw));
/** The least that a bridge can be that loses nothing: one request and one row for each message. */
app.post("/chats/:chat/messages", async (c) => {
  await c.env.ECHO.getByName(c.req.param("chat")).store(await c.req.text());
  return c.json({});
});
/** The least that Discord accepts of whom it sends interactions to. */
app.post("/interactions", async (c) => {
  return (await isDiscords(c)) ? c.json({ type: 5 }) : c.text("bad signature", 401);
});
/** The same, in one row for each interaction. */
app.post("/chats/:chat/interactions", async (c) => {
  if (!(await isDiscords(c))) return c.text("bad signature", 401);
  await c.env.ECHO.getByName(c.req.param("chat")).store(await c.req.text());
  return c.json({ type: 5 });
});

async function isDiscords(c: Context<{ Bindings: Env }>): Promise<boolean> {
  const { "x-signature-ed25519": signature = "", "x-signature-timestamp": timestamp = "" } = c.req.header();
  return verifyKey(await c.req.text(), signature, timestamp, c.env.DISCORD_PUBLIC_KEY);
}

export default app;
