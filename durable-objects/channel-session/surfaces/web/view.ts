import type { ApprovalView, ToolCallView, TurnPart, TurnView } from "../../../../shared/chat/protocol.ts";
import { priceUsd } from "../../../../shared/llm/prices.ts";
import type { ModelResult, ProviderName, TokenUsage } from "../../../../shared/llm/provider.ts";
import type { Approval } from "../../../../shared/session/decision.ts";
import { APPROVAL_MS } from "../../engine/approvals.ts";
import type { StepEntry } from "../../engine/journal.ts";
import type { InboxRow, StepRow, TurnRow } from "../../engine/schema.ts";

/** How much of a tool's output a person is shown, in UTF-16 code units. */
const SHOWN_OUTPUT = 4_000;

/** What only the instance that runs a turn knows: the text of the call in progress, and a remark about it. */
export interface LiveText {
  text: string;
  notice: string | null;
}

/** A message and its turn as the playground shows them. A message that was answered with a later one has no parts of its own. */
export function viewTurn(
  message: Pick<InboxRow, "eventId" | "turnId" | "event" | "receivedAt">,
  turn: TurnRow | undefined,
  journal: readonly StepRow[],
  live: LiveText | undefined,
): TurnView {
  const state = turnState(turn);
  const own = turn?.id === message.turnId ? turn : undefined;
  const steps = own ? journal : [];
  return {
    id: message.turnId,
    event: message.eventId,
    text: message.event.text,
    attachments: message.event.attachments ?? [],
    state,
    parts: parts(steps, state === "running" || state === "parked", live),
    notice: live?.notice ?? notice(own, steps),
    provider: (own?.provider ?? null) as ProviderName | null,
    model: own?.model ?? null,
    usage: totalUsage(steps),
    costUsd: totalCost(steps),
    receivedAt: message.receivedAt,
    startedAt: own?.startedAt ?? null,
    finishedAt: turn?.finishedAt ?? null,
  };
}

function turnState(turn: TurnRow | undefined): TurnView["state"] {
  if (!turn) return "waiting";
  return turn.state === "posting" ? "running" : turn.state;
}

function parts(steps: readonly StepRow[], running: boolean, live: LiveText | undefined): TurnPart[] {
  const shown: TurnPart[] = [];
  for (const { entry, startedAt, finishedAt, step } of steps) {
    if (entry.kind === "model") {
      const text = entry.result?.text ?? entry.partial ?? "";
      if (text !== "") shown.push({ type: "text", text });
      continue;
    }
    if (entry.kind === "summary") continue;
    if (entry.kind === "command") {
      shown.push({ type: "text", text: entry.reply.text });
      continue;
    }
    shown.push({
      type: "tool",
      id: String(step),
      name: entry.name,
      input: entry.input,
      status: toolStatus(entry, running),
      durationMs: finishedAt === null || entry.approval?.state === "declined" ? null : finishedAt - startedAt,
      output: entry.result ? cut(entry.result.content) : null,
      ...(entry.approval && { approval: viewApproval(entry.approval, startedAt) }),
    });
  }
  if (running && live && live.text !== "") shown.push({ type: "text", text: live.text });
  return shown;
}

function toolStatus(
  { approval, result }: Extract<StepEntry, { kind: "tool" }>,
  running: boolean,
): ToolCallView["status"] {
  if (approval?.state === "pending" || approval?.state === "declined") return approval.state;
  if (!result) return running ? "running" : "unknown";
  if (result.outcome === "unknown") return "unknown";
  return result.isError ? "error" : "ok";
}

function viewApproval(approval: Approval, askedAt: number): ApprovalView {
  if (approval.state === "pending") return { state: "pending", until: askedAt + APPROVAL_MS };
  const { state, by, at } = approval;
  return { state, by: typeof by === "string" ? null : by.name, at };
}

function cut(output: string): string {
  if (output.length <= SHOWN_OUTPUT) return output;
  return `${output.slice(0, SHOWN_OUTPUT)}\n[${output.length - SHOWN_OUTPUT} more characters were given to the model]`;
}

function notice(turn: TurnRow | undefined, steps: readonly StepRow[]): string | null {
  if (!turn) return null;
  switch (turn.state) {
    case "running":
    case "posting":
      return null;
    case "parked":
      return "Waiting for approval.";
    case "failed":
      return turn.failure?.message ?? "This answer failed.";
    case "cancelled":
      return "Stopped.";
    case "done":
      return endNotice(steps);
    default:
      return turn.state satisfies never;
  }
}

/** A remark on how a complete answer ended. */
export function endNotice(steps: readonly StepRow[]): string | null {
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

/** Tokens of all finished calls; `null` before the first. */
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

/** US dollars of all calls; `null` when one of them has no known price or no known end. */
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
