/** Buttons under an answer, as the session is told of them. */
import type { Author } from "../session/event.ts";

/** What was pressed under a turn's answer. `call`: the id of the tool call. */
export type Press =
  | { action: "stop" | "retry"; turn: string; by: Presser }
  | { action: "approve" | "decline"; turn: string; call: string; by: Presser };

/** Who pressed. Whoever asked may always; `isTrusted`: the character or the server's permissions let them, whoever asked. */
export interface Presser extends Author {
  isTrusted: boolean;
}

/** What became of it. `message`: why nothing did, for whoever pressed. */
export type PressOutcome = { status: "done" } | { status: "refused"; message: string };
