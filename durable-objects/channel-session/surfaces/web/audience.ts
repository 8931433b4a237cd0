import type { ServerFrame, TurnView } from "../../../../shared/chat/protocol.ts";
import { LiveTurn } from "./live-turn.ts";

/** The pages that watch a conversation, over hibernating WebSockets. A page that is gone never stops a turn. */
export class Audience {
  readonly #ctx: DurableObjectState;
  readonly #view: (turnId: string) => TurnView | undefined;

  /** @param view reads a turn as it stands now; `undefined` when there is nothing to show. */
  constructor(ctx: DurableObjectState, view: (turnId: string) => TurnView | undefined) {
    this.#ctx = ctx;
    this.#view = view;
  }

  /** Shows a turn as it stands now. */
  showTurn(turnId: string): void {
    if (this.#ctx.getWebSockets().length === 0) return;
    const turn = this.#view(turnId);
    if (turn) this.#broadcast({ type: "turn", turn });
  }

  /** Shows the whole conversation anew. */
  showAll(hello: ServerFrame): void {
    this.#broadcast(hello);
  }

  /** A turn whose text in progress is shown as it grows. */
  watch(turnId: string): LiveTurn {
    const live = new LiveTurn(turnId, {
      added: (offset, text) => {
        if (this.#ctx.getWebSockets().length === 0) return;
        // Text in progress is the last part of the view; its place is looked up once for each model call.
        live.part ??= (this.#view(turnId)?.parts.length ?? 1) - 1;
        this.#broadcast({ type: "delta", turn: turnId, part: live.part, offset, text });
      },
      changed: () => this.showTurn(turnId),
    });
    return live;
  }

  #broadcast(frame: ServerFrame): void {
    for (const socket of this.#ctx.getWebSockets()) sendFrame(socket, frame);
  }
}

/** Sends a frame to a page that may be gone. */
export function sendFrame(socket: WebSocket, frame: ServerFrame): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify(frame));
}
