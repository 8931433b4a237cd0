import type { ApprovalView, ToolCallView, TurnPart, TurnView } from "../../../../shared/chat/protocol.ts";
import type { ProviderName } from "../../../../shared/llm/provider.ts";
import type { AnswerPart, ToolCallState, TurnState } from "../../engine/turn-state.ts";

/** How much of a tool's output a person is shown, in UTF-16 code units. */
const SHOWN_OUTPUT = 4_000;

/** A message and its turn as the playground shows them; `undefined` once they are forgotten. */
export function viewTurn(turn: TurnState): TurnView | undefined {
  const state = viewState(turn.phase);
  if (!state) return undefined;
  const { provider, model, usage, costUsd, receivedAt, startedAt, finishedAt } = turn;
  return {
    id: turn.turn,
    event: turn.event.id,
    text: turn.event.text,
    attachments: turn.event.attachments ?? [],
    state,
    parts: turn.parts.map(viewPart),
    notice: turn.interruption ?? notice(turn),
    provider: provider as ProviderName | null,
    ...{ model, usage, costUsd, receivedAt, startedAt, finishedAt },
  };
}

function viewState(phase: TurnState["phase"]): TurnView["state"] | undefined {
  if (phase === "forgotten") return undefined;
  return phase === "posting" ? "running" : phase;
}

function viewPart(part: AnswerPart): TurnPart {
  if (part.type === "text") return { type: "text", text: part.text };
  const { id, name, input, status, approval, output, startedAt, finishedAt } = part;
  const isUntimed = finishedAt === null || approval?.state === "declined";
  return {
    ...{ type: "tool", id, name, input, status },
    durationMs: isUntimed ? null : finishedAt - startedAt,
    output: output === null ? null : cut(output),
    ...viewApproval(part),
  };
}

function viewApproval({ approval, declinedAt }: ToolCallState): Pick<ToolCallView, "approval"> {
  if (!approval) return {};
  return { approval: approvalView(approval, declinedAt ?? 0) };
}

function approvalView(approval: NonNullable<ToolCallState["approval"]>, until: number): ApprovalView {
  if (approval.state === "pending") return { state: "pending", until };
  const { state, by, at } = approval;
  return { state, by: typeof by === "string" ? null : by.name, at };
}

function cut(output: string): string {
  if (output.length <= SHOWN_OUTPUT) return output;
  return `${output.slice(0, SHOWN_OUTPUT)}\n[${output.length - SHOWN_OUTPUT} more characters were given to the model]`;
}

function notice({ phase, startedAt, failure, endNotice }: TurnState): string | null {
  // One that was answered with a later message has nothing of its own to say.
  if (startedAt === null) return null;
  switch (phase) {
    case "waiting":
    case "forgotten":
    case "running":
    case "posting":
      return null;
    case "parked":
      return "Waiting for approval.";
    case "failed":
      return failure?.message ?? "This answer failed.";
    case "cancelled":
      return "Stopped.";
    case "done":
      return endNotice;
    default:
      return phase satisfies never;
  }
}
