/** Says finished answers to those who hear the page: once each, not word by word. */
import type { TurnView } from "../../shared/chat/protocol.ts";
import { setText } from "../dom.ts";

/** How much of an answer is read out, in UTF-16 code units; the rest is there to be read. */
const SPOKEN = 1_500;

/** Returns a function that takes the turns as they are now and announces those that have ended since the last time. */
export function announcer(region: HTMLElement, agentName: string): (turns: readonly TurnView[]) => void {
  let open = new Set<string>();
  return (turns) => {
    for (const turn of turns) if (open.has(turn.id) && isOver(turn)) setText(region, spoken(turn, agentName));
    open = new Set(turns.filter((turn) => !isOver(turn)).map(({ id }) => id));
  };
}

function isOver({ state }: TurnView): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

function spoken(turn: TurnView, agentName: string): string {
  const text = turn.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  return [`${agentName}:`, text.slice(0, SPOKEN), turn.notice ?? ""].join(" ").trim();
}
