import type { TurnView } from "../chat/protocol.ts";

/** A turn without its tool calls, for those who started it from elsewhere; plain data, sent over RPC. */
export interface TurnOutcome
  extends Pick<TurnView, "id" | "text" | "state" | "notice" | "costUsd" | "startedAt" | "finishedAt"> {
  /** What the agent said, in paragraphs. */
  answer: string;
}

export function outcomeOf({ parts, ...turn }: TurnView): TurnOutcome {
  const { id, text, state, notice, costUsd, startedAt, finishedAt } = turn;
  const said = parts.flatMap((part) => (part.type === "text" ? [part.text.trim()] : []));
  const answer = said.filter((paragraph) => paragraph !== "").join("\n\n");
  return { id, text, state, notice, costUsd, startedAt, finishedAt, answer };
}
