/** What Discord shows of a turn's journal. */

import type { PendingCall } from "../../../../shared/discord/approval-request.ts";
import type { ControlRow } from "../../../../shared/discord/controls.ts";
import type { AnswerStatus } from "../../../../shared/discord/status-reaction.ts";
import type { ShownCall } from "../../../../shared/discord/tool-lines.ts";
import type { Approval } from "../../../../shared/session/decision.ts";
import { APPROVAL_MS } from "../../engine/approvals.ts";
import type { StepEntry } from "../../engine/journal.ts";
import type { StepRow } from "../../engine/schema.ts";

/** The turn's tool calls, as lines above its answer show them. */
export function shownCalls(journal: readonly StepEntry[]): ShownCall[] {
  return journal.flatMap((step) => {
    if (step.kind !== "tool") return [];
    const decision = step.approval && decisionOf(step.approval);
    const { name, input } = step;
    return [{ name, input, state: callState(step), ...(decision !== undefined && { decision }) }];
  });
}

/** The turn's tool calls that wait for a decision. */
export function pendingCalls(journal: readonly StepRow[]): PendingCall[] {
  return journal.flatMap(({ step, entry, startedAt }) => {
    if (entry.kind !== "tool" || entry.approval?.state !== "pending") return [];
    return [{ id: String(step), name: entry.name, input: entry.input, until: startedAt + APPROVAL_MS }];
  });
}

function decisionOf(approval: Approval): string | undefined {
  if (approval.state === "pending") return undefined;
  const { state, by } = approval;
  if (by === "clock") return `${state}: nobody decided in time`;
  if (by === "end") return `${state}: the answer ended first`;
  return `${state} by ${by.name}`;
}

function callState({ approval, result }: Extract<StepEntry, { kind: "tool" }>): ShownCall["state"] {
  if (approval?.state === "pending" || approval?.state === "declined") return approval.state;
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
