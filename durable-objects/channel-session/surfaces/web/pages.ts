import type { Character } from "../../../../shared/character/schema.ts";
import type { ProviderView, ServerFrame, TurnView } from "../../../../shared/chat/protocol.ts";
import { retainedSince } from "../../../../shared/time/retention.ts";
import type { TurnHistory } from "../../engine/turn-state.ts";
import { type FrameTaker, readClientFrame, takeClientFrame } from "./client-frames.ts";
import { sendFrame, type WebSurface } from "./web-surface.ts";

/** How many turns a page is shown. */
const HISTORY_TURNS = 100;

/** What pages need of the session. */
export interface PagesOptions {
  ctx: DurableObjectState;
  web: WebSurface;
  history: TurnHistory;
  /** Which model answers now; a page asks the hub anew. */
  provider: () => Promise<ProviderView>;
  agent: string;
  /** `undefined`: the conversation is none of the playground's. */
  chat: string | undefined;
  /** What the character says about remembering; `undefined` when there is no character to ask. */
  memory: () => Character["memory"] | undefined;
}

/** What pages ask for over their sockets, and what they are shown at first. */
export class Pages {
  readonly #options: PagesOptions;

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** A page connects: a WebSocket handshake that the Worker has checked. */
  async connect(): Promise<Response> {
    const hello = await this.#hello();
    const { 0: client, 1: server } = new WebSocketPair();
    this.#options.ctx.acceptWebSocket(server);
    sendFrame(server, hello());
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Does what a page's frame asks for. */
  receive(socket: WebSocket, data: string | ArrayBuffer, session: FrameTaker): void {
    const reading = readClientFrame(data);
    const greet = () => this.#options.ctx.waitUntil(this.#greet((hello) => sendFrame(socket, hello)));
    const reply: ServerFrame | undefined =
      "problem" in reading
        ? { type: "error", ...reading.problem }
        : takeClientFrame(reading.frame, session, greet);
    if (reply) sendFrame(socket, reply);
  }

  /** Shows the whole conversation to everybody who watches; a moment later where the hub is asked for the provider. */
  greetAll(): Promise<void> {
    return this.#greet((hello) => this.#options.web.broadcast(hello));
  }

  /** The newest turns, oldest first. */
  history(): TurnView[] {
    const { history, memory, web } = this.#options;
    const since = retainedSince(memory()?.conversationRetention ?? "indefinite", Date.now());
    return history.newest({ limit: HISTORY_TURNS, since }).flatMap((turn) => web.view(turn) ?? []);
  }

  async #greet(show: (hello: ServerFrame) => void): Promise<void> {
    const hello = await this.#hello();
    show(hello());
  }

  /** @returns makes the frame, from what is there at that moment. */
  async #hello(): Promise<() => ServerFrame> {
    const { agent, chat = "" } = this.#options;
    const provider = await this.#options.provider();
    return () => ({ type: "hello", agent, chat, provider, turns: this.history() });
  }
}
