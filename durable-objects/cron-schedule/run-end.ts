import { isQuiet } from "../../shared/cron/prompt.ts";
import type { InboundEvent } from "../../shared/session/event.ts";
import type { TurnOutcome } from "../../shared/session/outcome.ts";
import type { RunEnd } from "./store.ts";

/** Most characters of an answer that the history keeps. */
const KEPT_OUTPUT = 100_000;

/**
 * How a run ended.
 *
 * @param turn the run's turn; `undefined` when its session has forgotten it.
 * @returns `undefined` while it goes on.
 */
export function runEnd(event: InboundEvent, turn: TurnOutcome | undefined, now: number): RunEnd | undefined {
  if (!turn) {
    const output = "The conversation was forgotten before the run was over.";
    return {
      state: "cancelled",
      turn: null,
      output,
      quiet: false,
      costUsd: null,
      startedAt: null,
      finishedAt: now,
    };
  }
  const { id, costUsd, startedAt, finishedAt } = turn;
  if (finishedAt === null) return undefined;
  const said = cut(turn.answer);
  const common = { turn: id, costUsd, startedAt, finishedAt, quiet: false };
  switch (turn.state) {
    case "done":
      return {
        ...common,
        state: "succeeded",
        output: said,
        quiet: event.mayBeQuiet === true && isQuiet(said),
      };
    case "failed":
      return { ...common, state: "failed", output: turn.notice ?? said };
    case "cancelled":
      return { ...common, state: "cancelled", output: said };
    case "waiting":
    case "running":
    case "parked":
      return undefined;
    default:
      return turn.state satisfies never;
  }
}

function cut(text: string): string {
  return text.length > KEPT_OUTPUT ? `${text.slice(0, KEPT_OUTPUT)}\n[cut]` : text;
}
