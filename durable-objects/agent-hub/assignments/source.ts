import type { Assignment } from "../../../shared/assignment/assignment.ts";
import type { TurnOutcome } from "../../../shared/session/outcome.ts";

/** An assignment that this agent works on, with the id of its event. */
export interface Claimed {
  eventId: string;
  assignment: Assignment;
}

/** How the work ended; `undefined`: its conversation was forgotten. */
export type WorkEnd = TurnOutcome["state"] | undefined;

/** Where an agent's assignments come from. Each method throws when it cannot be reached; asking again is harmless. */
export interface AssignmentSource {
  /** The next one, which is the agent's from then on: until it is begun or finished it comes again. `null`: none. */
  next(): Promise<Assignment | null>;
  /** The work is about to begin. @returns why it must not, or `null`. */
  begin(claimed: Claimed): Promise<string | null>;
  /** The work goes on. */
  keep(claimed: Claimed): Promise<void>;
  /** The work is over, or was not allowed to begin. */
  finish(claimed: Claimed, end: WorkEnd): Promise<void>;
}
