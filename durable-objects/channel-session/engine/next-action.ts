import type { Approval } from "../../../shared/session/decision.ts";
import type { StepEntry } from "./journal.ts";

/** A tool call and the step that journals it. */
export interface PlannedCall {
  step: number;
  callId: string;
  name: string;
  input: unknown;
  /** Who has approved it, when it needed that. */
  approval?: Extract<Approval, { state: "approved" }>;
}

/** What a turn does next. */
export type NextAction =
  | { do: "call-model"; step: number; round: number; attempt: number; toolChoice: "auto" | "none" }
  /** `ask`: calls that wait for approval from now on, while the others run. */
  | { do: "run-tools"; round: number; calls: PlannedCall[]; unknown: PlannedCall[]; ask: PlannedCall[] }
  /** Only people can bring it on: they have calls to approve or to decline. */
  | { do: "park" }
  | { do: "post"; text: string }
  /** Too many model calls were lost: another try would cost more than its answer is worth. */
  | { do: "give-up"; lostAttempts: number };

/** Attempts at one model call before the turn is given up: something in it kills every instance that tries. */
export const MAX_CALL_ATTEMPTS = 5;
/** Model attempts that a turn may lose, over all its rounds, before it is given up. */
export const MAX_LOST_ATTEMPTS = 8;

/**
 * Milliseconds from the start of a model attempt that was lost to the next one. Once or twice is a deploy; a machine that
 * keeps failing would use up the attempts above within seconds, all of them paid for.
 *
 * @param lost as {@link lostAttempts} counts.
 */
export function pauseAfter(lost: number): number {
  if (lost < 2) return 0;
  if (lost === 2) return 2_000;
  return lost === 3 ? 10_000 : 60_000;
}

/** What decides besides the journal. */
export interface TurnRules {
  /** Rounds in which the model may call tools; after them it has to answer. */
  maxToolRounds: number;
  /** Whether a tool may be called again when nobody knows what became of the first call. */
  isIdempotent: (tool: string) => boolean;
  /** Whether somebody has to approve each call before it is made. */
  needsApproval: (tool: string) => boolean;
}

/**
 * Decides a turn's next action from its journal alone.
 *
 * Running and recovering are the same function: a live turn asks after each journaled result, a new instance asks after
 * a crash. Only the latter can see a step that has started and not finished. A model call is then made again, for its
 * result is lost and it had no effect; a tool call is repeated if the tool is idempotent, and is otherwise
 * `unknown`: the model is told so instead of the call being made twice. A call that needs approval is journaled when it is
 * asked about, and started once it is approved; the others of its round do not wait for it.
 *
 * @param steps the turn's steps in order, as journaled.
 */
export function nextAction(steps: readonly StepEntry[], rules: TurnRules): NextAction {
  const lastModelAt = steps.findLastIndex((step) => step.kind === "model");
  const last = steps[lastModelAt];
  if (last?.kind !== "model") return callModel(0, 0, 1, rules);
  const lost = lostAttempts(steps);
  if (!last.result) {
    const isHopeless = last.attempt >= MAX_CALL_ATTEMPTS || lost >= MAX_LOST_ATTEMPTS;
    if (isHopeless) return { do: "give-up", lostAttempts: lost };
    return callModel(lastModelAt, last.round, last.attempt + 1, rules);
  }

  // A round that has begun goes on, whatever a deploy has done to the limit since: people may be asked about its calls.
  const mayCallTools = last.round < rules.maxToolRounds || steps.length > lastModelAt + 1;
  if (last.result.toolCalls.length === 0 || !mayCallTools) return { do: "post", text: answerText(steps) };

  const planned: Record<CallState, PlannedCall[]> = { run: [], ask: [], wait: [], unknown: [], over: [] };
  for (const [offset, { id, name, input }] of last.result.toolCalls.entries()) {
    const step = lastModelAt + 1 + offset;
    const journaled = toolEntry(steps[step]);
    const approval = journaled?.approval?.state === "approved" ? { approval: journaled.approval } : {};
    const call = { step, callId: id, name, input, ...approval };
    planned[callState(name, journaled, rules)].push(call);
  }
  const { run: calls, unknown, ask, wait } = planned;
  if (calls.length + unknown.length + ask.length > 0)
    return { do: "run-tools", round: last.round, calls, unknown, ask };
  if (wait.length > 0) return { do: "park" };
  if (lost >= MAX_LOST_ATTEMPTS) return { do: "give-up", lostAttempts: lost };
  return callModel(steps.length, last.round + 1, 1, rules);
}

/**
 * Model attempts of a turn that were made, may have been paid for, and left nothing: their instance died, or their stream
 * broke off. For a journal that nobody is working on, for a call under way counts as lost.
 */
export function lostAttempts(steps: readonly StepEntry[]): number {
  return steps.reduce((lost, step) => {
    if (step.kind !== "model") return lost;
    return lost + step.attempt - (step.result ? 1 : 0);
  }, 0);
}

/**
 * The answer so far: what the model said in each round, as paragraphs, or what a command was answered.
 *
 * @param partial text of a call that has no result yet.
 */
export function answerText(steps: readonly StepEntry[], partial = ""): string {
  return [...steps.map(saidIn), partial]
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n\n");
}

function saidIn(step: StepEntry): string {
  if (step.kind === "command") return step.reply.text;
  return step.kind === "model" ? (step.result?.text ?? "") : "";
}

function callModel(step: number, round: number, attempt: number, rules: TurnRules): NextAction {
  return {
    do: "call-model",
    step,
    round,
    attempt,
    toolChoice: round < rules.maxToolRounds ? "auto" : "none",
  };
}

type ToolEntry = Extract<StepEntry, { kind: "tool" }>;

/** What a call of the current round is at. */
type CallState = "run" | "ask" | "wait" | "unknown" | "over";

/**
 * What was journaled about a call counts, not what the character says by now: what waits for approval goes on waiting when
 * its endpoint no longer asks for it, and what was approved is not asked about again.
 */
function callState(name: string, journaled: ToolEntry | undefined, rules: TurnRules): CallState {
  if (journaled === undefined) return rules.needsApproval(name) ? "ask" : "run";
  if (journaled.result) return "over";
  const { approval } = journaled;
  if (approval?.state === "pending") return "wait";
  if (approval?.state === "approved" && !approval.started) return "run";
  if (!rules.isIdempotent(name)) return "unknown";
  // It was started before its endpoint asked for approval: that somebody may call it again is for people to say.
  return !approval && rules.needsApproval(name) ? "ask" : "run";
}

function toolEntry(step: StepEntry | undefined): ToolEntry | undefined {
  return step?.kind === "tool" ? step : undefined;
}
