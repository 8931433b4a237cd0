import type { Author } from "./event.ts";

/** What somebody decides about one tool call that waits for approval. */
export interface Decision {
  turn: string;
  /** The call's id, as those who decide are shown it. */
  call: string;
  approve: boolean;
  by: Author;
}

/** A decision that holds. Times are Unix milliseconds. */
export type Decided =
  | {
      state: "approved";
      by: Author;
      at: number;
      /** Set when the call starts. */
      started?: true;
    }
  /** `clock`: nobody answered in time; `end`: the turn was over first. */
  | { state: "declined"; by: Author | "clock" | "end"; at: number };

/** What was decided about a call that needs a person's approval. */
export type Approval = { state: "pending" } | Decided;

/** What became of a decision. `already_decided`: another one holds, and this one changed nothing. */
export type DecisionOutcome =
  | { status: "decided" | "already_decided"; approval: Decided }
  | { status: "unknown_call" };
