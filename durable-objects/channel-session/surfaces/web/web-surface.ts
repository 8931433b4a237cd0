import type { ServerFrame, TurnView } from "../../../../shared/chat/protocol.ts";
import type { ReplyTarget } from "../../../../shared/session/event.ts";
import type { BegunTurn, Delivery, TurnStates } from "../../engine/turn-state.ts";
import { SENT, type ShownTurn, type Surface } from "../surface.ts";
import { viewTurn } from "./view.ts";

/**
 * The pages that watch a conversation, over hibernating WebSockets. They see its every turn, wherever that is answered. A page
 * that is gone never stops a turn, and one that comes later finds the answer in the history.
 */
export class WebSurface implements Surface {
  readonly #ctx: DurableObjectState;
  readonly #turns: TurnStates;

  constructor(ctx: DurableObjectState, turns: TurnStates) {
    this.#ctx = ctx;
    this.#turns = turns;
  }

  answers({ kind }: ReplyTarget): boolean {
    return kind === "chat";
  }

  begin({ id }: BegunTurn): ShownTurn {
    return new WatchedTurn(id, this);
  }

  /** Shows a turn as it stands now. */
  changed(turnId: string): void {
    if (!this.isWatched) return;
    const turn = this.view(turnId);
    if (turn) this.broadcast({ type: "turn", turn });
  }

  /** `undefined` once it is forgotten. */
  view(turnId: string): TurnView | undefined {
    const state = this.#turns.of(turnId);
    return state && viewTurn(state);
  }

  get isWatched(): boolean {
    return this.#ctx.getWebSockets().length > 0;
  }

  broadcast(frame: ServerFrame): void {
    for (const socket of this.#ctx.getWebSockets()) sendFrame(socket, frame);
  }
}

/** A turn whose text in progress is shown as it grows. */
class WatchedTurn implements ShownTurn {
  readonly #turnId: string;
  readonly #pages: WebSurface;
  /** Place of the text in progress among the turn's parts, once somebody asked: it is looked up once for each model call. */
  #part: number | undefined;

  constructor(turnId: string, pages: WebSurface) {
    this.#turnId = turnId;
    this.#pages = pages;
  }

  changed(): void {
    this.#part = undefined;
    this.#pages.changed(this.#turnId);
  }

  grew(offset: number, text: string): void {
    if (!this.#pages.isWatched) return;
    // It is the last part of the view.
    this.#part ??= (this.#pages.view(this.#turnId)?.parts.length ?? 1) - 1;
    this.#pages.broadcast({ type: "delta", turn: this.#turnId, part: this.#part, offset, text });
  }

  async deliver(): Promise<Delivery> {
    return SENT;
  }

  end(): void {}
}

/** Sends a frame to a page that may be gone. */
export function sendFrame(socket: WebSocket, frame: ServerFrame): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify(frame));
}
