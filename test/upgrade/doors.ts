/** The Worker's doors as those outside use them: the web chat's page, the gateway, Discord, webhooks, operators. */
import { createHmac } from "node:crypto";
import type { GatewayEvent } from "../../shared/bridge/protocol.ts";
import { signRequest } from "../../shared/bridge/signature.ts";
import type { ServerFrame, TurnView } from "../../shared/chat/protocol.ts";
import type { InteractionView } from "../support/discord/interactions/state.ts";
import type { World } from "../support/discord/world.ts";
import { ALERT_SECRET, ADMIN_TOKEN as adminToken, BRIDGE_SECRET } from "./secrets.ts";

/** A file of a chat message. */
interface ChatFile {
  name: string;
  url: string;
  contentType: string;
  size: number;
}

export class Doors {
  readonly url: URL;
  /** Unix milliseconds, by the Worker's clock. */
  readonly now: () => number;

  constructor(url: URL, now: () => number = Date.now) {
    this.url = url;
    this.now = now;
  }

  /** What an operator asks. @throws Error for an answer that is no success. */
  async ask<T = unknown>(path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
    const { method = "GET", body } = init;
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { Authorization: `Bearer ${adminToken}`, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
    });
    const text = await response.text();
    if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  }

  chat(agent: string, id: string): ChatDoor {
    return new ChatDoor(this, `/agents/${agent}/chats/${id}`);
  }

  /** Takes an interaction to its agent, and the answer back to Discord. */
  async interact(agent: string, world: World, view: InteractionView): Promise<InteractionView> {
    if (!view.request) throw new Error("there is no request to deliver");
    const { method, headers, body } = view.request;
    const response = await fetch(new URL(`/agents/${agent}/interactions`, this.url), {
      method,
      headers,
      body,
    });
    return world.receive(view.id, { status: response.status, body: await response.text() });
  }

  /** Discord sends an interaction again, signed anew; what is answered has no effect. @returns that. */
  async repeat(agent: string, world: World, view: InteractionView): Promise<unknown> {
    const body = JSON.stringify(view.payload);
    const signature = world.sign(String(Math.floor(this.now() / 1000)), body);
    const response = await fetch(new URL(`/agents/${agent}/interactions`, this.url), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...signature },
      body,
    });
    return response.json();
  }

  /** Delivers to the webhook `alerts` of an agent. */
  async alert(agent: string, id: string, ask: string): Promise<number> {
    const body = JSON.stringify({ ask });
    const signature = createHmac("sha256", ALERT_SECRET).update(body).digest("hex");
    const response = await fetch(new URL(`/agents/${agent}/webhook/alerts`, this.url), {
      method: "POST",
      headers: {
        ...{ "Content-Type": "application/json", "X-Alert-Id": id },
        "X-Hub-Signature-256": `sha256=${signature}`,
      },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  }
}

/** One web chat. */
export class ChatDoor {
  readonly #doors: Doors;
  readonly #path: string;

  constructor(doors: Doors, path: string) {
    this.#doors = doors;
    this.#path = path;
  }

  send(
    id: string,
    text: string,
    attachments?: readonly ChatFile[],
  ): Promise<{ turn: string; duplicate: boolean }> {
    const body = { id, text, ...(attachments && { attachments }) };
    return this.#doors.ask(`${this.#path}/messages`, { method: "POST", body });
  }

  async turns(): Promise<TurnView[]> {
    return (await this.#doors.ask<{ turns: TurnView[] }>(this.#path)).turns;
  }

  async stop(): Promise<boolean> {
    return (await this.#doors.ask<{ stopped: boolean }>(`${this.#path}/stop`, { method: "POST" })).stopped;
  }

  reset(): Promise<unknown> {
    return this.#doors.ask(`${this.#path}/reset`, { method: "POST" });
  }

  decide(turn: string, call: string, approve: boolean): Promise<unknown> {
    return this.#doors.ask(`${this.#path}/approvals`, { method: "POST", body: { turn, call, approve } });
  }

  /** What a page is shown that opens the chat: the first frame. */
  async open(): Promise<TurnView[]> {
    // The options are Node's: a browser has no headers here.
    const options = { headers: { Authorization: `Bearer ${adminToken}` } } as unknown as string[];
    const socket = new WebSocket(new URL(`${this.#path}/socket`, this.#doors.url), options);
    const { promise, resolve, reject } = Promise.withResolvers<TurnView[]>();
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data)) as ServerFrame;
      if (frame.type === "hello") resolve(frame.turns);
    });
    for (const end of ["close", "error"])
      socket.addEventListener(end, () => reject(new Error(`${this.#path}: no socket`)));
    return promise.finally(() => socket.close());
  }
}

/** Names the gateway; it lives on while the Worker is upgraded. */
const GATEWAY = "gateway-1";

/** The gateway of an agent's one shard. */
export class Bridge {
  readonly #doors: Doors;
  readonly #agent: string;
  readonly #session: { id: string; resumeUrl: string };
  #epoch = 0;
  #seq: number;

  /** @param session of Discord's Gateway; `seq` is its last sequence. */
  constructor(doors: Doors, agent: string, session: { id: string; seq: number }) {
    this.#doors = doors;
    this.#agent = agent;
    this.#session = { id: session.id, resumeUrl: "wss://gateway.example" };
    this.#seq = session.seq;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Takes the lease. @returns what is to be resumed. */
  async lease(): Promise<{ sessionId: string; seq: number } | null> {
    const request = { gateway: GATEWAY, shard: [0, 1] };
    const grant = await this.#send<{ epoch: number; resume: { sessionId: string; seq: number } | null }>(
      "lease",
      request,
    );
    this.#epoch = grant.epoch;
    return grant.resume;
  }

  /** Hands events on, all of which have to be acknowledged. */
  async deliver(...events: readonly { t: string; d: unknown }[]): Promise<void> {
    const numbered: GatewayEvent[] = events.map((event) => ({ ...event, s: ++this.#seq }));
    const batch = { gateway: GATEWAY, epoch: this.#epoch, shard: [0, 1], session: this.#session };
    const { acked } = await this.#send<{ acked: number }>("events", { ...batch, events: numbered });
    if (acked !== this.#seq) throw new Error(`acknowledged up to ${acked} of ${this.#seq}`);
  }

  async #send<T>(door: string, content: object): Promise<T> {
    const path = `/agents/${this.#agent}/gateway/${door}`;
    const body = JSON.stringify(content);
    const now = this.#doors.now();
    const signature = await signRequest({ method: "POST", path, body }, { secret: BRIDGE_SECRET, now });
    const headers = { ...signature, "Content-Type": "application/json" };
    const response = await fetch(new URL(path, this.#doors.url), { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }
}
