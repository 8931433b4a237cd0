/**
 * The states of a turn and what leads from one to another: all of it. The store asks here before it writes; nothing else
 * changes a turn's state, generation or end.
 */
import type { TurnFailure } from "./journal.ts";
import type { TurnRow } from "./schema.ts";

export type TurnPhase = TurnRow["state"];

/** What can happen to a turn. */
export type TurnEvent =
  /** An instance takes up what an earlier one has left. */
  | { happened: "resumed" }
  /** Only people can bring it on: they have calls to approve or to decline. */
  | { happened: "parked" }
  /** They have decided, and there is something to do. */
  | { happened: "decided" }
  /** What must be said is in the outbox. */
  | { happened: "answered" }
  /** Another try would not mend it; the user is told by way of the outbox. */
  | { happened: "failed"; failure: TurnFailure }
  /** A part of what must be said cannot be. */
  | { happened: "undeliverable"; failure: TurnFailure }
  /** Nothing is left in the outbox. */
  | { happened: "delivered" }
  /** Somebody has stopped it. */
  | { happened: "stopped" };

type Happening = TurnEvent["happened"];

/** Where an event leads; `over`: to the end that fits, `done` or `failed`. What is not named is refused. */
const TRANSITIONS: Readonly<Record<TurnPhase, Readonly<Partial<Record<Happening, TurnPhase | "over">>>>> = {
  running: {
    resumed: "running",
    parked: "parked",
    answered: "posting",
    failed: "posting",
    stopped: "cancelled",
  },
  parked: { decided: "running", stopped: "cancelled" },
  posting: { resumed: "posting", undeliverable: "posting", delivered: "over" },
  done: {},
  failed: {},
  cancelled: {},
};

/** What of a turn decides about its transitions, and changes by them. */
export type TurnStanding = Pick<TurnRow, "state" | "generation" | "failure" | "finishedAt">;

/** After these the turn is of a new generation: whoever works on it, or still thinks so, can write nothing more. */
const FENCING: ReadonlySet<Happening> = new Set(["resumed", "stopped"]);

/**
 * What an event makes of a turn. The first failure holds.
 *
 * @param now Unix milliseconds.
 * @returns the columns as they are then; `undefined`: nothing of the kind can happen to a turn in this state.
 */
export function transition(turn: TurnStanding, event: TurnEvent, now: number): TurnStanding | undefined {
  const next = TRANSITIONS[turn.state][event.happened];
  if (next === undefined) return undefined;
  const failure = turn.failure ?? ("failure" in event ? event.failure : null);
  const state = next === "over" ? (failure ? "failed" : "done") : next;
  const generation = turn.generation + (FENCING.has(event.happened) ? 1 : 0);
  return { state, generation, failure, finishedAt: isOpen(state) ? null : now };
}

/** Whether somebody works on a turn in this state, or will. */
export function isOpen(state: TurnPhase): boolean {
  return Object.keys(TRANSITIONS[state]).length > 0;
}

/** The states of a turn that is not over. */
export const OPEN: readonly TurnPhase[] = (Object.keys(TRANSITIONS) as TurnPhase[]).filter(isOpen);
