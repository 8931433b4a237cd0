/** What a turn's journal says: plain data, stored as JSON. Fields are only added: other versions of this code read it too. */
import type { Command, CommandReply } from "../../../shared/commands/command.ts";
import type { ModelResult } from "../../../shared/llm/provider.ts";
import type { Approval } from "../../../shared/session/decision.ts";

/** Why a turn failed: `code` for the log, `message` for the user. */
export interface TurnFailure {
  code: string;
  message: string;
}

/** A journaled step. A `result` that is absent: the step was started and nobody knows its end. */
export type StepEntry =
  | {
      kind: "model";
      round: number;
      attempt: number;
      result?: ModelResult;
      /** What was shown when the turn was stopped in the middle of this call. */
      partial?: string;
    }
  | {
      kind: "tool";
      round: number;
      callId: string;
      name: string;
      input: unknown;
      /** Absent: it needed none, and started when it was journaled. */
      approval?: Approval;
      result?: { content: string; isError: boolean; outcome: "known" | "unknown" };
    }
  /** A summary of older messages, made when the turn was over. It is no part of the answer, but of its price. */
  | {
      kind: "summary";
      attempt: number;
      /** Who was asked; absent when nobody was. */
      asked?: { provider: string; model: string };
      result?: ModelResult;
      failed?: true;
    }
  /** A command, which is answered without the model; journaled with its answer. */
  | { kind: "command"; command: Command; reply: CommandReply };

/** What became of a tool call; `unknown`: it was started, and nobody can tell. */
export type ToolEnd = NonNullable<Extract<StepEntry, { kind: "tool" }>["result"]>;
