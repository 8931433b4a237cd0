/** As much of Discord as a gateway needs to be tried: one Gateway with sessions that can be resumed, over real sockets. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import * as z from "zod";

export const botToken = "a-bot-token-that-nobody-else-may-see";

const sent = z.discriminatedUnion("op", [
  z.object({ op: z.literal(1), d: z.int().nullable() }),
  z.object({
    op: z.literal(2),
    d: z.object({ token: z.string(), intents: z.int(), shard: z.array(z.int()) }),
  }),
  z.object({ op: z.literal(6), d: z.object({ token: z.string(), session_id: z.string(), seq: z.int() }) }),
]);

interface Session {
  id: string;
  events: { op: 0; s: number; t: string; d: unknown }[];
  seq: number;
  socket: WebSocket | null;
}

export interface SmallDiscord {
  apiBaseUrl: string;
  /** What gateways have sent, in order. */
  received: { identifies: z.infer<typeof sent>["d"][]; resumes: { session_id: string; seq: number }[] };
  /** Codes that gateways have closed with. */
  closes: number[];
  /** Sockets that are open. */
  connections(): number;
  /** Sends an event to every session; one that is away gets it when it resumes. */
  emit(t: string, d: unknown): void;
  /** Closes all sockets. */
  drop(code: number): void;
  /** What stands in between answers `GET /gateway/bot` in Discord's place; `null`: nobody does. */
  edge: { status: number; headers: Record<string, string>; body: string } | null;
  /** How often `GET /gateway/bot` was asked. */
  lookups(): number;
  /** From now on every IDENTIFY is answered with this close code. */
  refuse(code: number): void;
  close(): Promise<void>;
}

export async function startDiscord(): Promise<SmallDiscord> {
  const sessions = new Map<string, Session>();
  const received: SmallDiscord["received"] = { identifies: [], resumes: [] };
  const closes: number[] = [];
  let refusal: number | null = null;
  let lookups = 0;

  const http = createServer((request, response) => {
    lookups += 1;
    if (discord.edge !== null) {
      response.writeHead(discord.edge.status, discord.edge.headers);
      return response.end(discord.edge.body);
    }
    const isAllowed = request.headers.authorization === `Bot ${botToken}`;
    response.writeHead(isAllowed ? 200 : 401, { "Content-Type": "application/json" });
    if (!isAllowed) return response.end(JSON.stringify({ message: "401: Unauthorized", code: 0 }));
    const limit = { total: 1000, remaining: 1000, reset_after: 86_400_000, max_concurrency: 16 };
    response.end(JSON.stringify({ url: gatewayUrl(), shards: 1, session_start_limit: limit }));
  });
  const sockets = new WebSocketServer({ server: http });
  const port = () => {
    const address = http.address();
    if (typeof address !== "object" || address === null) throw new Error("not listening");
    return address.port;
  };
  const gatewayUrl = () => `ws://127.0.0.1:${port()}`;

  sockets.on("connection", (socket) => {
    let session: Session | null = null;
    const send = (payload: object) => socket.send(JSON.stringify(payload));
    const dispatch = (to: Session, t: string, d: unknown, keep: boolean) => {
      to.seq += 1;
      const event = { op: 0 as const, s: to.seq, t, d };
      if (keep) to.events.push(event);
      send(event);
    };
    send({ op: 10, d: { heartbeat_interval: 1_000 } });
    socket.on("message", (data) => {
      const payload = sent.parse(JSON.parse(String(data)));
      if (payload.op === 1) return send({ op: 11 });
      if (payload.d.token !== botToken) return socket.close(4004);
      if (payload.op === 2) {
        received.identifies.push(payload.d);
        if (refusal !== null) return socket.close(refusal);
        session = { id: `session-${sessions.size + 1}`, events: [], seq: 0, socket };
        sessions.set(session.id, session);
        const user = { id: "1", username: "rig", email: "trimmed@example.org" };
        const ids = { session_id: session.id, resume_gateway_url: gatewayUrl() };
        dispatch(session, "READY", { v: 10, user, ...ids, guilds: [], application: { id: "1" } }, false);
        return;
      }
      const { session_id, seq } = payload.d;
      received.resumes.push({ session_id, seq });
      const known = sessions.get(session_id);
      if (known === undefined) return send({ op: 9, d: false });
      session = known;
      known.socket?.terminate();
      known.socket = socket;
      for (const event of known.events.filter(({ s }) => s > seq)) send(event);
      dispatch(known, "RESUMED", {}, false);
    });
    socket.on("close", (code) => {
      closes.push(code);
      if (session === null || session.socket !== socket) return;
      session.socket = null;
      if (code === 1000 || code === 1001) sessions.delete(session.id);
    });
  });

  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const discord: SmallDiscord = {
    apiBaseUrl: `http://127.0.0.1:${port()}/api/v10`,
    received,
    closes,
    edge: null,
    lookups: () => lookups,
    connections: () => sockets.clients.size,
    emit(t, d) {
      for (const session of sessions.values()) {
        session.seq += 1;
        const event = { op: 0 as const, s: session.seq, t, d };
        session.events.push(event);
        session.socket?.send(JSON.stringify(event));
      }
    },
    drop(code) {
      for (const socket of sockets.clients) socket.close(code);
    },
    refuse(code) {
      refusal = code;
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return discord;
}
