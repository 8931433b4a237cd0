/**
 * The playground's protocol: JSON text frames over one WebSocket per conversation,
 * `GET /agents/:agent/chats/:chat/socket`. The server's frames are states, not commands: a client that missed some
 * asks for `sync` (or reconnects) and is right again.
 */
import type { ProviderName, TokenUsage } from "../llm/provider.ts";
import type { Attachment } from "../session/attachment.ts";

/** Longest user message, in UTF-16 code units. */
export const MAX_CHAT_TEXT = 32_000;

/** What a client may send. */
export type ClientFrame =
  /** `id` is chosen by the client and names this message for ever: sending it again changes nothing. */
  | { type: "send"; id: string; text: string; attachments?: readonly Attachment[] | undefined }
  /** Stops the running answer; messages that wait behind it are answered next. */
  | { type: "stop" }
  /** Forgets the conversation; answered by a fresh `hello` to everybody who watches. */
  | { type: "reset" }
  /** Approves or declines a tool call that waits for it: the first decision on a call holds, a later one is refused. */
  | { type: "decide"; turn: string; call: string; approve: boolean }
  /** Asks for a fresh `hello`. */
  | { type: "sync" };

/** What the server sends. */
export type ServerFrame =
  /** First frame of a connection, and the answer to `sync`: everything there is to show, oldest first. */
  | { type: "hello"; agent: string; chat: string; provider: ProviderView; turns: TurnView[] }
  /** The message is stored and will be answered (`duplicate`: it was stored before). */
  | { type: "accepted"; id: string; turn: string; duplicate: boolean }
  /** This turn is new or has changed; replaces the turn with the same id. */
  | { type: "turn"; turn: TurnView }
  /** Text to append to `turn.parts[part]` at UTF-16 offset `offset`; when either does not fit, ask for `sync`. */
  | { type: "delta"; turn: string; part: number; offset: number; text: string }
  /** A frame was refused. `id` repeats the refused message's id, when it had one. */
  | { type: "error"; code: string; message: string; id?: string };

/** Which model answers an agent, and whether it can. */
export interface ProviderView {
  name: ProviderName;
  model: string;
  /** The offline demo model answers; the page must say so. */
  demo: boolean;
  ready: boolean;
  /** What a person should know or do: why it is not ready, or why the demo answers. */
  note: string | null;
}

/** A turn as a person sees it: the message, the answer in the order it came, and its price. */
export interface TurnView {
  id: string;
  /** Id of the event that opened it: `chat:<id>` for a message with that `id`. */
  event: string;
  /** The user's message. */
  text: string;
  /** Files that came with it. */
  attachments: readonly Attachment[];
  /** `parked`: it goes on when somebody has approved or declined its pending tool calls. */
  state: "waiting" | "running" | "parked" | "done" | "failed" | "cancelled";
  parts: TurnPart[];
  /** One sentence about a failure, a stop or a retry under way. */
  notice: string | null;
  provider: ProviderName | null;
  model: string | null;
  usage: TokenUsage | null;
  /** US dollars; `null` when a model's price is unknown or nothing was spent yet. The demo model costs 0. */
  costUsd: number | null;
  /** Unix time in milliseconds. */
  receivedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
}

/** One piece of an answer. */
export type TurnPart = { type: "text"; text: string } | ({ type: "tool" } & ToolCallView);

/** One tool call as a person sees it. */
export interface ToolCallView {
  id: string;
  name: string;
  /** Arguments as JSON. */
  input: unknown;
  /**
   * `unknown`: it was started, the instance died, and nobody can tell whether it took effect. `pending`: it waits for
   * approval, without which it is not made; `declined`: it was not made.
   */
  status: "pending" | "declined" | "running" | "ok" | "error" | "unknown";
  /** Latency in milliseconds, once it is over. */
  durationMs: number | null;
  /** What the model was told, cut for display. */
  output: string | null;
  /** Absent for a call that needs none. */
  approval?: ApprovalView;
}

/** Whether a call was approved. Times are Unix milliseconds. */
export type ApprovalView =
  /** It is declined at `until` if nobody decides. */
  | { state: "pending"; until: number }
  /** `by`: who decided, by name; `null`: nobody did, in time or before the turn was over. */
  | { state: "approved" | "declined"; by: string | null; at: number };
