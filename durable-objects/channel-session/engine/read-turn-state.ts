/** Reads what may be shown of a turn from its rows: pure, so that it is the same before and after a crash. */
import type { CommandReply } from "../../../shared/commands/command.ts";
import { priceUsd } from "../../../shared/llm/prices.ts";
import type { ModelResult, TokenUsage } from "../../../shared/llm/provider.ts";
import { APPROVAL_MS } from "./approvals.ts";
import type { StepEntry } from "./journal.ts";
import type { InboxRow, StepRow, TurnRow } from "./schema.ts";
import { mayTryAgain } from "./try-again.ts";
import type { AnswerPart, ShownPhase, ToolCallState, TurnState } from "./turn-state.ts";

/** What only the instance that works on a turn knows. */
export interface LiveView {
  text: string;
  interruption: string | null;
}

/** The rows that a state is read from. */
export interface TurnRows {
  message: Pick<InboxRow, "eventId" | "turnId" | "status" | "event" | "receivedAt">;
  /** The turn that answers it: its own, or that of a later message. */
  turn: TurnRow | undefined;
  /** Of its own turn. */
  steps: readonly StepRow[];
  /** What its own turn has yet to say. */
  unsaid: string | undefined;
  wasRetried: boolean;
  live: LiveView | undefined;
}

/** A message that is answered with a later one has no parts of its own. */
export function readTurnState({ message, turn, steps, unsaid, wasRetried, live }: TurnRows): TurnState {
  const own = turn?.id === message.turnId ? turn : undefined;
  const journal = own ? steps : [];
  const phase = phaseOf(message, turn);
  const failure = own?.failure ?? null;
  return {
    turn: message.turnId,
    phase,
    event: message.event,
    parts: partsOf(journal, phase === "running" || phase === "posting" || phase === "parked", live),
    command: commandReply(journal),
    unsaid: unsaid ?? null,
    interruption: live?.interruption ?? null,
    endNotice: endNotice(journal),
    failure,
    retry: retryOf(failure, wasRetried),
    provider: own?.provider ?? null,
    model: own?.model ?? null,
    usage: totalUsage(journal),
    costUsd: totalCost(journal),
    receivedAt: message.receivedAt,
    startedAt: own?.startedAt ?? null,
    finishedAt: turn?.finishedAt ?? null,
  };
}

function phaseOf({ status }: Pick<InboxRow, "status">, turn: TurnRow | undefined): ShownPhase {
  if (status === "forgotten") return "forgotten";
  return turn?.state ?? "waiting";
}

function retryOf(failure: TurnRow["failure"], wasRetried: boolean): TurnState["retry"] {
  if (wasRetried) return "taken";
  return failure && mayTryAgain(failure) ? "offered" : null;
}

function partsOf(steps: readonly StepRow[], isWorkedOn: boolean, live: LiveView | undefined): AnswerPart[] {
  const parts = steps.flatMap((row) => partOf(row, isWorkedOn));
  if (isWorkedOn && live && live.text !== "") parts.push({ type: "text", text: live.text, isLive: true });
  return parts;
}

function partOf(row: StepRow, isWorkedOn: boolean): AnswerPart[] {
  const { entry } = row;
  switch (entry.kind) {
    case "model":
      return text(entry.result?.text ?? entry.partial ?? "");
    case "command":
      return text(entry.reply.text);
    case "tool":
      return [{ type: "tool", ...toolCall(row, entry, isWorkedOn) }];
    case "summary":
      return [];
    default:
      return entry satisfies never;
  }
}

function text(said: string): AnswerPart[] {
  return said === "" ? [] : [{ type: "text", text: said, isLive: false }];
}

type ToolEntry = Extract<StepEntry, { kind: "tool" }>;

function toolCall(
  { step, startedAt, finishedAt }: StepRow,
  entry: ToolEntry,
  isWorkedOn: boolean,
): ToolCallState {
  const { name, input, approval, result } = entry;
  return {
    id: String(step),
    name,
    input,
    status: statusOf(entry, isWorkedOn),
    output: result?.content ?? null,
    ...(approval && { approval }),
    ...(approval?.state === "pending" && { declinedAt: startedAt + APPROVAL_MS }),
    startedAt,
    finishedAt,
  };
}

function statusOf({ approval, result }: ToolEntry, isWorkedOn: boolean): ToolCallState["status"] {
  if (approval?.state === "pending" || approval?.state === "declined") return approval.state;
  if (!result) return isWorkedOn ? "running" : "unknown";
  if (result.outcome === "unknown") return "unknown";
  return result.isError ? "error" : "ok";
}

function commandReply(steps: readonly StepRow[]): CommandReply | null {
  const entry = steps.find((row) => row.entry.kind === "command")?.entry;
  return entry?.kind === "command" ? entry.reply : null;
}

function endNotice(steps: readonly StepRow[]): string | null {
  const last = steps.findLast(({ entry }) => entry.kind === "model")?.entry;
  if (last?.kind !== "model") return null;
  if (last.result?.stopReason === "length")
    return "The answer reached the model's output limit and ends early.";
  if (last.result?.stopReason === "refusal") return "The model declined to answer this.";
  return null;
}

function modelResult(entry: StepEntry): ModelResult | undefined {
  return entry.kind === "model" || entry.kind === "summary" ? entry.result : undefined;
}

function totalUsage(steps: readonly StepRow[]): TokenUsage | null {
  const usages = steps.flatMap(({ entry }) => modelResult(entry)?.usage ?? []);
  if (usages.length === 0) return null;
  return usages.reduce((total, usage) => ({
    inputTokens: total.inputTokens + usage.inputTokens,
    outputTokens: total.outputTokens + usage.outputTokens,
    cacheReadTokens: total.cacheReadTokens + usage.cacheReadTokens,
    cacheWriteTokens: total.cacheWriteTokens + usage.cacheWriteTokens,
  }));
}

function totalCost(steps: readonly StepRow[]): number | null {
  let total: number | null = null;
  for (const { entry } of steps) {
    const result = modelResult(entry);
    // A summary counts once it is there; it is made behind the answer, whose price stands.
    if (entry.kind !== "model" && !result) continue;
    const price = result ? priceUsd(result.model, result.usage) : null;
    if (price === null) return null;
    total = (total ?? 0) + price;
  }
  return total;
}
