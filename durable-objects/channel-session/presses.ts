/** What a press of a button under an answer leads to: a pure decision, and the few lines that carry it out. */
import { refusalOf } from "../../shared/chat/decision.ts";
import { BUSY } from "../../shared/chat/message.ts";
import type { Press, Presser, PressOutcome } from "../../shared/interaction/press.ts";
import type { InboundEvent } from "../../shared/session/event.ts";
import type { Decision, DecisionOutcome } from "./approvals.ts";
import { mayRetry, retryEvent } from "./retry.ts";
import type { InboxRow, TurnFailure, TurnRow } from "./schema.ts";

/** The turn under whose answer something was pressed. */
export interface PressedTurn {
  state: TurnRow["state"];
  failure: TurnFailure | null;
  /** What it answers, oldest first. */
  events: readonly [InboundEvent, ...InboundEvent[]];
  /** Somebody has had it tried again. */
  wasRetried: boolean;
}

/** What a press leads to. */
export type PressAction =
  | { do: "stop" }
  | { do: "retry"; event: InboundEvent }
  | { do: "decide"; decision: Decision }
  | { do: "refuse"; message: string };

/** @param turn `undefined`: nothing is known of it (any more). */
export function judgePress(press: Press, turn: PressedTurn | undefined, now: number): PressAction {
  if (!turn) return refuse("I no longer know that answer: the conversation was reset, or it is long ago.");
  if (!mayPress(press.by, turn)) return refuse("Only whoever asked can do that, or somebody in charge here.");
  switch (press.action) {
    case "stop":
      return isRunning(turn) ? { do: "stop" } : refuse(reasonNotToStop(turn));
    case "retry":
      if (turn.wasRetried) return refuse("This was tried again already.");
      if (turn.state !== "failed" || !turn.failure || !mayRetry(turn.failure))
        return refuse("There is nothing to try again here.");
      return { do: "retry", event: retryEvent(press.turn, turn.events, now) };
    case "approve":
    case "decline": {
      const { turn: id, call, by, action } = press;
      const decision = { turn: id, call, approve: action === "approve", by: { id: by.id, name: by.name } };
      return { do: "decide", decision };
    }
    default:
      return press satisfies never;
  }
}

/** What the presses of a session can set off. */
export interface PressTarget {
  stop(turn: string): boolean;
  accept(event: InboundEvent): { status: "stored" | "duplicate" | "busy" };
  decide(decision: Decision): DecisionOutcome;
}

/** Carries out what {@link judgePress} says. */
export function carryOut(action: PressAction, turn: string, session: PressTarget): PressOutcome {
  switch (action.do) {
    case "stop":
      return session.stop(turn) ? DONE : refused(NOT_RUNNING);
    case "retry":
      return session.accept(action.event).status === "busy" ? refused(BUSY.message) : DONE;
    case "decide": {
      const refusal = refusalOf(session.decide(action.decision));
      return refusal ? refused(refusal.message) : DONE;
    }
    case "refuse":
      return refused(action.message);
    default:
      return action satisfies never;
  }
}

/** Reads a turn as {@link judgePress} needs it. `undefined` when it has not begun, or is forgotten. */
export function pressedTurn(
  turn: TurnRow | undefined,
  messages: readonly InboxRow[],
  wasRetried: boolean,
): PressedTurn | undefined {
  const [first, ...rest] = messages.filter(({ status }) => status !== "forgotten");
  if (!turn || !first) return undefined;
  const { state, failure } = turn;
  return { state, failure, events: [first.event, ...rest.map(({ event }) => event)], wasRetried };
}

const DONE: PressOutcome = { status: "done" };
const NOT_RUNNING = "This answer is not running any more.";

function mayPress(by: Presser, { events }: PressedTurn): boolean {
  return by.isTrusted || events.some(({ author }) => author.id === by.id);
}

function isRunning({ state }: PressedTurn): boolean {
  return state === "running" || state === "parked";
}

function reasonNotToStop({ state }: PressedTurn): string {
  return state === "cancelled" ? "This answer is stopped already." : NOT_RUNNING;
}

function refuse(message: string): PressAction {
  return { do: "refuse", message };
}

function refused(message: string): PressOutcome {
  return { status: "refused", message };
}
