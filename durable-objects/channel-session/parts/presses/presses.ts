/** What a press of a button under an answer leads to: a pure decision, and the few lines that carry it out. */

import { refusalOf } from "../../../../shared/chat/decision.ts";
import { BUSY } from "../../../../shared/chat/message.ts";
import type { Press, Presser, PressOutcome } from "../../../../shared/interaction/press.ts";
import type { Decision, DecisionOutcome } from "../../../../shared/session/decision.ts";
import type { InboundEvent } from "../../../../shared/session/event.ts";
import type { TurnFailure } from "../../engine/journal.ts";
import type { InboxRow, TurnRow } from "../../engine/schema.ts";
import { mayTryAgain, retryEventId } from "../../engine/try-again.ts";
import { retryEvent } from "./retry-event.ts";

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
      if (turn.state !== "failed" || !turn.failure || !mayTryAgain(turn.failure))
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

/** What is read of a session's storage. */
export interface PressRecords {
  turn(id: string): TurnRow | undefined;
  /** What a turn answers, oldest first. */
  messagesOf(turn: string): readonly InboxRow[];
  messageOf(eventId: string): InboxRow | undefined;
}

/** What the presses of a session can set off. */
export interface PressTarget {
  /** Stops the running answer. @returns whether one was running. */
  stop(): boolean;
  accept(event: InboundEvent): { status: "stored" | "duplicate" | "busy" };
  decide(decision: Decision): DecisionOutcome;
}

/** What shows answers. */
export interface PressedSurfaces {
  /** Another turn's answer is going to take the place of this one's. */
  replaced(turn: string): void;
}

/** Carries out a press. Reads, decision and writes are one step: nothing comes between two presses. */
export function takePress(
  press: Press,
  records: PressRecords,
  session: PressTarget,
  surfaces: PressedSurfaces,
  now: number,
): PressOutcome {
  const action = judgePress(press, pressedTurn(press.turn, records), now);
  switch (action.do) {
    case "stop":
      return session.stop() ? DONE : refused(NOT_RUNNING);
    case "retry": {
      if (session.accept(action.event).status === "busy") return refused(BUSY.message);
      // An interaction has one answer, which shows what is tried again from here on.
      if (action.event.target.kind === "interaction") surfaces.replaced(press.turn);
      return DONE;
    }
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

/** `undefined` when the turn has not begun, or is forgotten. */
function pressedTurn(id: string, records: PressRecords): PressedTurn | undefined {
  const turn = records.turn(id);
  const [first, ...rest] = records.messagesOf(id);
  if (!turn || !first) return undefined;
  const { state, failure } = turn;
  const events = [first.event, ...rest.map(({ event }) => event)] as const;
  return { state, failure, events, wasRetried: records.messageOf(retryEventId(id)) !== undefined };
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
