/**
 * What one conversation looks like from here: a pure step from what was known and what happened to what is known now
 * and what must be sent. The server's frames are states, so whatever is missed is mended by one fresh `hello`.
 */
import type { ClientFrame, ProviderView, ServerFrame, TurnPart, TurnView } from "../shared/chat/protocol.ts";

/** A message that is not yet seen in a turn. */
export interface OutgoingMessage {
  readonly id: string;
  readonly text: string;
  /** The turn the server accepted it into; the message is shown from here until that turn arrives. */
  readonly turn: string | null;
  /** Why the server refused it; it is not sent again unless a person asks. */
  readonly refusal: string | null;
}

/** Everything the page shows of one conversation. */
export interface ChatState {
  /** `syncing`: connected, and what is shown may be incomplete until the next `hello`. */
  readonly connection: "offline" | "syncing" | "live";
  readonly provider: ProviderView | null;
  /** Oldest first. */
  readonly turns: readonly TurnView[];
  /** In the order they were written; they follow the turns. */
  readonly outgoing: readonly OutgoingMessage[];
  /** The last error that belongs to no message. */
  readonly problem: string | null;
}

/** What can happen to a conversation. */
export type ChatEvent =
  | { type: "opened" }
  | { type: "closed" }
  | { type: "frame"; frame: ServerFrame }
  /** A person wrote a message; `id` is new and stays with it for ever. */
  | { type: "compose"; id: string; text: string }
  /** A person wants a refused message sent again, with the same id. */
  | { type: "retry"; id: string }
  /** A person gives up a refused message. */
  | { type: "discard"; id: string }
  | { type: "stop" }
  /** A person approves or declines a tool call. */
  | { type: "decide"; turn: string; call: string; approve: boolean }
  /** A person wants the conversation forgotten. */
  | { type: "forget" };

/** The next state, and the frames to send now, in order. */
export interface ChatStep {
  readonly state: ChatState;
  readonly send: readonly ClientFrame[];
}

/**
 * A conversation before the first frame.
 *
 * @param unsent Messages kept from an earlier visit that were never seen accepted; they are sent after the first `hello`.
 */
export function openChat(unsent: readonly { id: string; text: string }[] = []): ChatState {
  return {
    connection: "offline",
    provider: null,
    turns: [],
    outgoing: unsent.map(({ id, text }) => ({ id, text, turn: null, refusal: null })),
    problem: null,
  };
}

/** Takes one event. Pure; unchanged turns keep their identity, so that a view can skip them. */
export function step(state: ChatState, event: ChatEvent): ChatStep {
  switch (event.type) {
    case "opened":
      return quiet({ ...state, connection: "syncing" });
    case "closed":
      return quiet({ ...state, connection: "offline" });
    case "frame":
      return receive(state, event.frame);
    case "compose": {
      const message = { id: event.id, text: event.text, turn: null, refusal: null };
      const next = { ...state, outgoing: [...state.outgoing, message], problem: null };
      return { state: next, send: state.connection === "live" ? [sendFrame(message)] : [] };
    }
    case "retry": {
      const next = changeOutgoing(state, event.id, { refusal: null });
      const message = next.outgoing.find(({ id }) => id === event.id);
      return { state: next, send: message && state.connection === "live" ? [sendFrame(message)] : [] };
    }
    case "discard":
      return quiet({ ...state, outgoing: state.outgoing.filter(({ id }) => id !== event.id) });
    case "stop":
      return { state, send: state.connection === "live" && isBusy(state) ? [{ type: "stop" }] : [] };
    case "decide":
      return { state, send: state.connection === "live" ? [event] : [] };
    case "forget":
      return { state, send: state.connection === "live" ? [{ type: "reset" }] : [] };
    default:
      return event satisfies never;
  }
}

/** Whether an answer is being written. */
export function isRunning(state: ChatState): boolean {
  return state.turns.some((turn) => turn.state === "running");
}

/** Whether an answer is running or waits for approval, and so can be stopped. */
export function isBusy(state: ChatState): boolean {
  return isRunning(state) || state.turns.some((turn) => turn.state === "parked");
}

/** Whether nobody has said anything yet. */
export function isEmpty(state: ChatState): boolean {
  return state.turns.length === 0 && state.outgoing.length === 0;
}

/** The messages that must survive a reload: the server has not said that it stored them. */
export function unsentMessages(state: ChatState): { id: string; text: string }[] {
  return state.outgoing.filter(({ turn }) => turn === null).map(({ id, text }) => ({ id, text }));
}

function receive(state: ChatState, frame: ServerFrame): ChatStep {
  switch (frame.type) {
    case "hello": {
      const next = settle({ ...state, connection: "live", provider: frame.provider, turns: frame.turns });
      // Sent before the connection broke, or written since: the id makes a second arrival harmless.
      const unsent = next.outgoing.filter(({ turn, refusal }) => turn === null && refusal === null);
      return { state: next, send: unsent.map(sendFrame) };
    }
    case "accepted":
      return quiet(settle(changeOutgoing(state, frame.id, { turn: frame.turn, refusal: null })));
    case "turn":
      return quiet(settle({ ...state, turns: placeTurn(state.turns, frame.turn) }));
    case "delta": {
      const turns = appendText(state.turns, frame);
      if (turns !== null) return quiet({ ...state, turns });
      if (state.connection === "syncing") return quiet(state);
      return { state: { ...state, connection: "syncing" }, send: [{ type: "sync" }] };
    }
    case "error":
      return quiet(
        frame.id !== undefined && state.outgoing.some(({ id }) => id === frame.id)
          ? changeOutgoing(state, frame.id, { refusal: frame.message })
          : { ...state, problem: frame.message },
      );
    default:
      frame satisfies never;
      // A newer server may say things that this page does not know yet.
      return quiet(state);
  }
}

function placeTurn(turns: readonly TurnView[], turn: TurnView): readonly TurnView[] {
  const at = turns.findIndex(({ id }) => id === turn.id);
  return at === -1 ? [...turns, turn] : turns.with(at, turn);
}

/** The turns with the text appended, unchanged where it was there already, `null` where something is missing. */
function appendText(
  turns: readonly TurnView[],
  delta: Extract<ServerFrame, { type: "delta" }>,
): readonly TurnView[] | null {
  const at = turns.findIndex(({ id }) => id === delta.turn);
  const turn = turns[at];
  if (!turn) return null;

  const part: TurnPart | undefined =
    delta.part === turn.parts.length ? { type: "text", text: "" } : turn.parts[delta.part];
  if (part?.type !== "text" || delta.offset > part.text.length) return null;

  const known = part.text.slice(delta.offset);
  if (known.startsWith(delta.text) && delta.part < turn.parts.length) return turns;
  if (!delta.text.startsWith(known)) return null;

  const parts = turn.parts.slice();
  parts[delta.part] = { type: "text", text: part.text + delta.text.slice(known.length) };
  return turns.with(at, { ...turn, parts });
}

/** Drops the outgoing messages that a turn shows by now. */
function settle(state: ChatState): ChatState {
  const outgoing = state.outgoing.filter(
    (message) => !state.turns.some((turn) => turn.id === message.turn || turn.event === `chat:${message.id}`),
  );
  return outgoing.length === state.outgoing.length ? state : { ...state, outgoing };
}

function changeOutgoing(state: ChatState, id: string, change: Partial<OutgoingMessage>): ChatState {
  return {
    ...state,
    outgoing: state.outgoing.map((message) => (message.id === id ? { ...message, ...change } : message)),
  };
}

function sendFrame({ id, text }: { id: string; text: string }): ClientFrame {
  return { type: "send", id, text };
}

function quiet(state: ChatState): ChatStep {
  return { state, send: [] };
}
