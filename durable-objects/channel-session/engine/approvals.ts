/** What people decide about tool calls that need their approval: pure steps over a turn's journal. */

import type { Decided, Decision, DecisionOutcome } from "../../../shared/session/decision.ts";
import type { Author } from "../../../shared/session/event.ts";
import type { StepEntry } from "./journal.ts";
import type { StepRow } from "./schema.ts";

/** How long a call waits for a decision, in milliseconds. */
export const APPROVAL_MS = 24 * 3_600_000;

/** A step that journals a tool call. */
type ToolStep = StepRow & { entry: Extract<StepEntry, { kind: "tool" }> };

/**
 * Decides on a call, unless somebody has already.
 *
 * @param journal the turn's steps.
 * @returns `change`: the step as it is to be journaled, if anything changes.
 */
export function decide(
  journal: readonly StepRow[],
  { call, approve, by }: Omit<Decision, "turn">,
  now: number,
): { outcome: DecisionOutcome; change?: StepRow } {
  const row = toolSteps(journal).find(({ step }) => String(step) === call);
  const approval = row?.entry.approval;
  if (!row || !approval) return { outcome: { status: "unknown_call" } };
  if (approval.state !== "pending") return { outcome: { status: "already_decided", approval } };
  const decided: Decided = { state: approve ? "approved" : "declined", by, at: now };
  const change =
    decided.state === "approved"
      ? { ...row, entry: { ...row.entry, approval: decided } }
      : declined(row, decided, now);
  return { outcome: { status: "decided", approval: decided }, change };
}

/** When the oldest undecided call has waited long enough, in Unix milliseconds; `undefined` when none waits. */
export function approvalDeadline(journal: readonly StepRow[]): number | undefined {
  const asked = toolSteps(journal)
    .filter(isPending)
    .map(({ startedAt }) => startedAt);
  return asked.length === 0 ? undefined : Math.min(...asked) + APPROVAL_MS;
}

/** Declines what has waited for {@link APPROVAL_MS}. @returns the steps that change. */
export function declineOverdue(journal: readonly StepRow[], now: number): StepRow[] {
  return toolSteps(journal)
    .filter((row) => isPending(row) && row.startedAt + APPROVAL_MS <= now)
    .map((row) => declined(row, { state: "declined", by: "clock", at: now }, now));
}

/** Closes the calls that a turn which is over will not make any more. @returns the steps that change. */
export function closeUnmade(journal: readonly StepRow[], now: number): StepRow[] {
  return toolSteps(journal).flatMap((row) => {
    if (isPending(row)) return [declined(row, { state: "declined", by: "end", at: now }, now)];
    const isUnmade = row.entry.approval?.state === "approved" && !row.entry.approval.started;
    return isUnmade && !row.entry.result ? [unmade(row, ENDED, now)] : [];
  });
}

/** Whether a turn that waits for approval has something to do: a call was approved, or nothing is left to be decided. */
export function hasWork(journal: readonly StepRow[]): boolean {
  const steps = toolSteps(journal);
  const isApproved = ({ entry }: ToolStep) => entry.approval?.state === "approved" && !entry.approval.started;
  return steps.some(isApproved) || !steps.some(isPending);
}

/** How many calls of a turn were decided on. */
export function countDecided(journal: readonly StepRow[]): number {
  return toolSteps(journal).filter((row) => row.entry.approval && !isPending(row)).length;
}

function toolSteps(journal: readonly StepRow[]): ToolStep[] {
  return journal.filter((row): row is ToolStep => row.entry.kind === "tool");
}

function isPending({ entry }: ToolStep): boolean {
  return entry.approval?.state === "pending";
}

function declined(row: ToolStep, approval: Extract<Decided, { state: "declined" }>, now: number): StepRow {
  return unmade({ ...row, entry: { ...row.entry, approval } }, reasonOf(approval.by), now);
}

function unmade(row: ToolStep, reason: string, now: number): StepRow {
  const content = `${reason} The call was not made.`;
  const result = { content, isError: true, outcome: "known" as const };
  return { ...row, entry: { ...row.entry, result }, finishedAt: now };
}

const ENDED = "The answer ended before.";

/** In words for the model. */
function reasonOf(by: Author | "clock" | "end"): string {
  if (by === "clock") return "Declined: nobody answered within 24 hours.";
  if (by === "end") return ENDED;
  return `Declined by ${by.name}.`;
}
