/** One open conversation: its socket, its state, and what is kept of it in this browser. */
import type { ServerFrame } from "../shared/chat/protocol.ts";
import { socketUrl } from "./api.ts";
import { loadDraft, saveDraft } from "./drafts.ts";
import { newId } from "./route.ts";
import { openChatSocket } from "./socket.ts";
import {
  type ChatEvent,
  type ChatState,
  isBusy,
  isRunning,
  openChat,
  step,
  unsentMessages,
} from "./state.ts";

/** How often the connection is tried while an answer runs, in milliseconds: a network can go without a word. */
const CHECK_EVERY = 20_000;

export interface ConversationHandlers {
  changed(state: ChatState): void;
  /** The list of conversations may have changed: a message was stored, or an answer ended. */
  listed(): void;
  /** The socket could not be opened; the login may be over. */
  refused(): void;
}

export interface Conversation {
  readonly agent: string;
  readonly chat: string;
  readonly state: ChatState;
  /** Text left in the composer at an earlier visit. */
  readonly draft: string;
  /** Keeps the composer's text for the next visit. */
  keepDraft(text: string): void;
  compose(text: string): void;
  act(type: "retry" | "discard", id: string): void;
  /** Approves or declines a tool call, if somebody is there to hear it. */
  decide(turn: string, call: string, approve: boolean): void;
  /** Stops the running answer; false when none runs or nobody would hear it. */
  stop(): boolean;
  /** Has the server forget what was said here. */
  forget(): void;
  /** Makes sure that the connection is alive. */
  check(): void;
  close(): void;
}

/** Opens a conversation and keeps it in step with the server until `close`. */
export function openConversation(agent: string, chat: string, on: ConversationHandlers): Conversation {
  const kept = loadDraft(agent, chat);
  let draft = kept.text;
  let state = openChat(kept.unsent);

  const socket = openChatSocket(socketUrl(agent, chat), {
    opened: () => dispatch({ type: "opened" }),
    closed: () => dispatch({ type: "closed" }),
    refused: on.refused,
    frame(frame) {
      dispatch({ type: "frame", frame });
      if (changesList(frame)) on.listed();
    },
  });

  const watch = setInterval(() => isRunning(state) && socket.check(), CHECK_EVERY);

  function keep(): void {
    saveDraft(agent, chat, { text: draft, unsent: unsentMessages(state) });
  }

  function dispatch(event: ChatEvent): boolean {
    const next = step(state, event);
    const isOutgoingNew = next.state.outgoing !== state.outgoing;
    state = next.state;
    // Kept before it is sent: a tab that is closed in between sends it at the next visit.
    if (isOutgoingNew) keep();
    for (const frame of next.send) socket.send(frame);
    on.changed(state);
    return next.send.length > 0;
  }

  return {
    agent,
    chat,
    draft,
    get state() {
      return state;
    },
    keepDraft(text) {
      draft = text;
      keep();
    },
    compose(text) {
      draft = "";
      dispatch({ type: "compose", id: newId(), text });
    },
    act: (type, id) => void dispatch({ type, id }),
    decide: (turn, call, approve) => void dispatch({ type: "decide", turn, call, approve }),
    stop: () => isBusy(state) && dispatch({ type: "stop" }),
    forget: () => void dispatch({ type: "forget" }),
    check: () => socket.check(),
    close() {
      clearInterval(watch);
      socket.close();
    },
  };
}

function changesList(frame: ServerFrame): boolean {
  return frame.type === "accepted" || (frame.type === "turn" && frame.turn.finishedAt !== null);
}
