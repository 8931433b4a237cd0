/**
 * What the engine tells surfaces: plain data that says all that may be shown of a turn. A surface imports this file and
 * nothing else of the engine; the engine imports no surface.
 */
import type { CommandReply } from "../../../shared/commands/command.ts";
import type { TokenUsage } from "../../../shared/llm/provider.ts";
import type { Approval } from "../../../shared/session/decision.ts";
import type { InboundEvent, ReplyTarget } from "../../../shared/session/event.ts";
import type { TurnFailure } from "./journal.ts";
import type { TurnPhase } from "./transitions.ts";

/** What a turn is at. `waiting`: it has not begun. `forgotten`: of its message only the id and the target are left. */
export type ShownPhase = "waiting" | "forgotten" | TurnPhase;

/** All that may be shown of one turn at one moment. Times are Unix milliseconds. */
export interface TurnState {
  turn: string;
  phase: ShownPhase;
  /** What it answers; the last of several messages. */
  event: InboundEvent;
  /** What it has said and done so far, in order; the text of a model call under way comes last. */
  parts: readonly AnswerPart[];
  /** What the command was answered with whose turn this is. */
  command: CommandReply | null;
  /** What stands in the outbox and is not said yet. */
  unsaid: string | null;
  /** Why the text in progress is void or late. */
  interruption: string | null;
  /** A remark on how a complete answer ended. */
  endNotice: string | null;
  failure: TurnFailure | null;
  /** Another try at it may help: `offered`; somebody has asked for it: `taken`. */
  retry: "offered" | "taken" | null;
  provider: string | null;
  model: string | null;
  /** Tokens of all calls that are over; `null` before the first. */
  usage: TokenUsage | null;
  /** US dollars of all calls; `null` when one of them has no known price or no known end. */
  costUsd: number | null;
  receivedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
}

export type AnswerPart =
  /** `isLive`: it is being written, and nothing of it is in the journal. */
  { type: "text"; text: string; isLive: boolean } | ({ type: "tool" } & ToolCallState);

/** One tool call of a turn. */
export interface ToolCallState {
  /** What it is called in decisions about it. */
  id: string;
  name: string;
  input: unknown;
  /**
   * `pending`: it waits for approval, without which it is not made; `declined`: it was not made; `unknown`: nobody can tell
   * whether it took effect.
   */
  status: "pending" | "declined" | "running" | "ok" | "error" | "unknown";
  /** What the model was told. */
  output: string | null;
  /** Absent for a call that needs none. */
  approval?: Approval;
  /** When it is declined if nobody decides. */
  declinedAt?: number;
  startedAt: number;
  finishedAt: number | null;
}

/** A turn that an instance begins to work on. */
export interface BegunTurn {
  id: string;
  /** Above 1: an earlier instance may have shown something of it. */
  generation: number;
  /** What it answers, oldest first; the last is the one whose turn this is. */
  events: readonly InboundEvent[];
}

/** What must be said, as it stands in the outbox. */
export interface OutboxItem {
  turnId: string;
  target: ReplyTarget;
  text: string;
  /** Unix milliseconds. */
  createdAt: number;
}

/** What became of one outbox item. A delivery that may be tried again throws instead. */
export type Delivery = { status: "sent" } | { status: "undeliverable"; failure: TurnFailure };

/** How surfaces ask for the state of turns. */
export interface TurnStates {
  /** `undefined`: there is no such turn, or nothing of it is left. */
  of(turn: string): TurnState | undefined;
  /** The one that is not over. */
  open(): TurnState | undefined;
  /** Those that have not begun, oldest first. */
  waiting(): TurnState[];
}

/** How surfaces ask which turns there were. */
export interface TurnHistory {
  /** Ids of the newest turns, oldest first; none from before `since`, Unix milliseconds. */
  newest(range: { limit: number; since: number }): string[];
}

/** The answer in paragraphs: what was said in each round, and what is being said. */
export function textOf(parts: readonly AnswerPart[]): string {
  return parts
    .flatMap((part) => (part.type === "text" ? [part.text.trim()] : []))
    .filter((text) => text !== "")
    .join("\n\n");
}

export function toolCallsOf(parts: readonly AnswerPart[]): ToolCallState[] {
  return parts.flatMap((part) => (part.type === "tool" ? [part] : []));
}
