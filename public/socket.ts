/** One conversation's WebSocket, opened again whenever it is lost. */
import type { ClientFrame, ServerFrame } from "../shared/chat/protocol.ts";

/** How long a `send` or `sync` may stay without any frame back before the connection counts as dead, in milliseconds. */
const ANSWER_WITHIN = 10_000;

export interface ChatSocketHandlers {
  opened(): void;
  closed(): void;
  frame(frame: ServerFrame): void;
  /** The connection could not be opened. A WebSocket does not tell why: ask over HTTP whether the login is over. */
  refused(): void;
}

export interface ChatSocket {
  /** Sends a frame if the connection is open; a frame that is not sent is made good by the `hello` of the next one. */
  send(frame: ClientFrame): void;
  /** Connects now instead of waiting, or makes sure that an open connection is alive. */
  check(): void;
  /** Ends it for good; no handler is called after. */
  close(): void;
}

/**
 * Milliseconds to wait before connection attempt `attempt` (0 is the first after a loss): doubling from half a second
 * to 15 s, of which up to half is taken off at random so that a restarted server is not met by everyone at once.
 */
export function reconnectDelay(attempt: number, random: () => number): number {
  return Math.min(15_000, 500 * 2 ** attempt) * (1 - random() / 2);
}

/** Connects to `url` and stays connected until `close`. */
export function openChatSocket(url: string, handlers: ChatSocketHandlers): ChatSocket {
  let socket: WebSocket | null = null;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    clearTimeout(timer);
    const candidate = new WebSocket(url);
    let opened = false;
    socket = candidate;

    candidate.addEventListener("open", () => {
      if (candidate !== socket) return;
      opened = true;
      handlers.opened();
    });
    candidate.addEventListener("message", ({ data }) => {
      if (candidate !== socket) return;
      clearTimeout(deadline);
      deadline = undefined;
      const frame = readFrame(data);
      if (frame === null) return;
      // Only a server that gets as far as saying hello ends the backing off.
      if (frame.type === "hello") attempt = 0;
      handlers.frame(frame);
    });
    candidate.addEventListener("close", () => {
      if (candidate === socket) lose(opened);
    });
  }

  function lose(wasOpen: boolean): void {
    socket = null;
    clearTimeout(deadline);
    deadline = undefined;
    timer = setTimeout(connect, reconnectDelay(attempt++, Math.random));
    handlers.closed();
    if (!wasOpen) handlers.refused();
  }

  function send(frame: ClientFrame): void {
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify(frame));
    if (frame.type === "stop") return;
    const asked = socket;
    deadline ??= setTimeout(() => {
      if (asked !== socket) return;
      // A peer that is gone answers no closing handshake either, so `close` may come minutes later.
      lose(true);
      asked.close();
    }, ANSWER_WITHIN);
  }

  connect();
  return {
    send,
    check() {
      if (socket === null) connect();
      else send({ type: "sync" });
    },
    close() {
      clearTimeout(timer);
      clearTimeout(deadline);
      const last = socket;
      socket = null;
      last?.close();
    },
  };
}

/** A frame as the server of this same deployment wrote it; `null` for anything else. */
function readFrame(data: unknown): ServerFrame | null {
  try {
    const frame: unknown = JSON.parse(String(data));
    return isFrame(frame) ? frame : null;
  } catch {
    return null;
  }
}

function isFrame(value: unknown): value is ServerFrame {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
