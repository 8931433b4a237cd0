/** What Discord shows of a turn's journal. */
import type { ControlRow } from "../../../shared/discord/controls.ts";
import type { AnswerStatus } from "../../../shared/discord/status-reaction.ts";
import type { ShownCall } from "../../../shared/discord/tool-lines.ts";
import type { StepEntry } from "../schema.ts";

/** The turn's tool calls, as lines above its answer show them. */
export function shownCalls(journal: readonly StepEntry[]): ShownCall[] {
  return journal.flatMap((step) => {
    if (step.kind !== "tool") return [];
    return [{ name: step.name, input: step.input, state: callState(step) }];
  });
}

function callState({ approval, result }: Extract<StepEntry, { kind: "tool" }>): ShownCall["state"] {
  if (approval?.state === "pending") return "pending";
  if (!result) return "running";
  if (result.outcome === "unknown") return "unknown";
  return result.isError ? "error" : "ok";
}

/** What can be chosen under the answer to a command. */
export function commandControls(journal: readonly StepEntry[]): readonly ControlRow[] {
  return journal.flatMap((step) => (step.kind === "command" ? (step.reply.controls ?? []) : []));
}

/** What the turn is at. */
export function statusOf(journal: readonly StepEntry[]): AnswerStatus {
  return journal.some((step) => step.kind === "tool" && !step.result) ? "tool" : "thinking";
}
