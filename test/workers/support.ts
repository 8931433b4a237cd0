/** What a client of the Worker does, over its HTTP interface. */
import { env, exports } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { ClientFrame, ServerFrame, TurnView } from "../../shared/chat/protocol.ts";
import type { Attachment } from "../../shared/session/attachment.ts";
import { chatConversation, sessionName } from "../../shared/session/name.ts";

export const ORIGIN = "http://127.0.0.1:8787";
const AUTHORIZATION = "Bearer test-admin-token";

/** A request with the admin token. */
export function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("Authorization")) headers.set("Authorization", AUTHORIZATION);
  return exports.default.fetch(new Request(ORIGIN + path, { ...init, headers, redirect: "manual" }));
}

/** A request without any credentials. */
export function anonymous(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(ORIGIN + path, { ...init, redirect: "manual" }));
}

export function postJson(path: string, body: unknown): Promise<Response> {
  return request(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
  });
}

/** One conversation, as somebody who chats sees it. */
export class Chat {
  readonly path: string;
  readonly agent: string;
  readonly id: string;

  constructor(agent = "tester", id = `c-${crypto.randomUUID()}`) {
    this.agent = agent;
    this.id = id;
    this.path = `/agents/${agent}/chats/${id}`;
  }

  /** The conversation's Durable Object. */
  get stub() {
    return env.CHANNEL_SESSION.getByName(
      sessionName({ agent: this.agent, conversation: chatConversation(this.id) }),
    );
  }

  async send(
    text: string,
    id = crypto.randomUUID() as string,
    attachments: Attachment[] = [],
  ): Promise<{ turn: string; duplicate: boolean }> {
    const response = await postJson(`${this.path}/messages`, { id, text, attachments });
    expect(response.status).toBe(202);
    return response.json();
  }

  async stop(): Promise<boolean> {
    const response = await request(`${this.path}/stop`, { method: "POST" });
    return (await response.json<{ stopped: boolean }>()).stopped;
  }

  async turns(): Promise<TurnView[]> {
    return (await (await request(this.path)).json<{ turns: TurnView[] }>()).turns;
  }

  /** Waits until the conversation is as `condition` says. */
  async until(condition: (turns: TurnView[]) => boolean, timeout = 20_000): Promise<TurnView[]> {
    return vi.waitFor(
      async () => {
        const turns = await this.turns();
        if (!condition(turns)) throw new Error(`not yet: ${JSON.stringify(turns)}`);
        return turns;
      },
      { timeout, interval: 20 },
    );
  }

  /** Waits until every message has been dealt with. */
  async settled(timeout?: number): Promise<TurnView[]> {
    return this.until(
      (turns) => turns.length > 0 && turns.every(({ finishedAt }) => finishedAt !== null),
      timeout,
    );
  }

  /** Sends one message and waits for its turn's end. */
  async ask(text: string, attachments: Attachment[] = []): Promise<TurnView> {
    const { turn } = await this.send(text, crypto.randomUUID(), attachments);
    const turns = await this.until((all) =>
      all.some(({ id, finishedAt }) => id === turn && finishedAt !== null),
    );
    const answered = turns.find(({ id }) => id === turn);
    if (!answered) throw new Error(`turn ${turn} is gone`);
    return answered;
  }

  async connect(): Promise<ChatSocket> {
    const response = await request(`${this.path}/socket`, { headers: { Upgrade: "websocket" } });
    if (!response.webSocket) throw new Error(`no socket: ${response.status} ${await response.text()}`);
    return new ChatSocket(response.webSocket);
  }
}

/** A page's WebSocket, which remembers what came. */
export class ChatSocket {
  readonly frames: ServerFrame[] = [];
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(String(data)) as ServerFrame);
    });
    socket.accept();
  }

  send(frame: ClientFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  /** Waits for a frame that `matches`. */
  async next<T extends ServerFrame>(matches: (frame: ServerFrame) => frame is T): Promise<T> {
    return vi.waitFor(() => {
      const found = this.frames.find(matches);
      if (!found) throw new Error(`not among ${JSON.stringify(this.frames)}`);
      return found;
    });
  }

  /** What a page shows of a turn after all frames so far, applied as the protocol says. */
  shown(turnId: string): TurnView | undefined {
    let turn: TurnView | undefined;
    for (const frame of this.frames) {
      const states = frame.type === "hello" ? frame.turns : frame.type === "turn" ? [frame.turn] : [];
      const state = states.find(({ id }) => id === turnId);
      if (state) turn = structuredClone(state);
      if (frame.type !== "delta" || frame.turn !== turnId || !turn) continue;
      const part = turn.parts[frame.part];
      if (part === undefined && frame.offset === 0) turn.parts.push({ type: "text", text: frame.text });
      else if (part?.type === "text" && part.text.length === frame.offset) part.text += frame.text;
      else throw new Error(`a delta does not fit: ${JSON.stringify({ frame, turn })}`);
    }
    return turn;
  }
}

/** The text of an answer. */
export function answerOf({ parts }: TurnView): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

/** A request as a fake server recorded it. */
interface Recorded {
  method?: string;
  path?: string;
  target?: string;
  headers?: Record<string, string>;
  body: unknown;
  /** What became of the model server's answer. */
  state?: string;
  /** What became of the tool server's answer. */
  answer?: string;
}

/** Model requests whose body holds `marker`. */
export async function modelRequests(marker: string): Promise<Recorded[]> {
  const response = await fetch(`${env.MODEL_URL}/__requests?contains=${encodeURIComponent(marker)}`);
  return response.json();
}

/** Tool requests whose target or body holds `marker`. */
export async function toolRequests(marker: string): Promise<Recorded[]> {
  const all = await (await fetch(`${env.TOOLS_URL}/__requests`)).json<Recorded[]>();
  return all.filter(({ target, body }) => `${target} ${JSON.stringify(body)}`.includes(marker));
}
