/** Says finished answers, and those that wait for approval, to those who hear the page: once each, not word by word. */
import type { TurnView } from "../../shared/chat/protocol.ts";
import { setText } from "../dom.ts";

/** How much of an answer is read out, in UTF-16 code units; the rest is there to be read. */
const SPOKEN = 1_500;

/** Returns a function that takes the turns as they are now and announces those that have come to a halt since the last time. */
export function announcer(region: HTMLElement, agentName: string): (turns: readonly TurnView[]) => void {
  let known = new Map<string, TurnView["state"]>();
  return (turns) => {
    for (const turn of turns) {
      const before = known.get(turn.id);
      if (before && before !== turn.state && turn.state !== "running")
        setText(region, spoken(turn, agentName));
    }
    known = new Map(turns.map(({ id, state }) => [id, state]));
  };
}

function spoken(turn: TurnView, agentName: string): string {
  const text = turn.parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  return [`${agentName}:`, text.slice(0, SPOKEN), turn.notice ?? ""].join(" ").trim();
}
