/** The least that a chat on Workers can be: Hono in front of a Durable Object that says each frame back. */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

interface Env {
  ECHO: DurableObjectNamespace<Echo>;
}

export class Echo extends DurableObject<Env> {
  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    socket.send(data);
  }
}

const app = new Hono<{ Bindings: Env }>();
app.get("/chats/:chat/socket", (c) => c.env.ECHO.getByName(c.req.param("chat")).fetch(c.req.raw));

export default app;
