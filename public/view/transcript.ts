/** The conversation, kept at its end as long as the reader is there. */
import { arrange } from "../dom.ts";
import type { ChatState } from "../state.ts";
import { type OutgoingNode, outgoingNode } from "./outgoing.ts";
import { type TurnNode, turnNode } from "./turn.ts";

/** How far from the end still counts as being there, in CSS pixels. */
const NEAR_END = 48;

export interface Transcript {
  draw(state: ChatState): void;
  /** Goes to the end and stays there, as after sending a message. */
  follow(): void;
}

/** Draws into `list`, which scrolls inside `scroller`; `latest` is the way back for a reader who scrolled up. */
export function transcript(
  { scroller, list, latest }: { scroller: HTMLElement; list: HTMLElement; latest: HTMLButtonElement },
  agentName: string,
  act: (type: "retry" | "discard", id: string) => void,
  decide: (turn: string, call: string, approve: boolean) => void,
  lifetime: AbortSignal,
): Transcript {
  const turns = new Map<string, TurnNode>();
  const outgoing = new Map<string, OutgoingNode>();
  let following = true;

  function toEnd(): void {
    scroller.scrollTop = scroller.scrollHeight;
  }

  function follow(): void {
    following = true;
    latest.hidden = true;
    toEnd();
  }

  scroller.addEventListener(
    "scroll",
    () => {
      following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END;
      latest.hidden = following;
    },
    { signal: lifetime, passive: true },
  );
  latest.addEventListener("click", follow, { signal: lifetime });

  // A growing composer or a phone's keyboard takes room from the conversation.
  const resized = new ResizeObserver(() => following && toEnd());
  resized.observe(scroller);
  lifetime.addEventListener("abort", () => resized.disconnect());

  return {
    follow,
    draw(state) {
      const nodes = [
        ...state.turns.map((turn) => {
          const node = known(turns, turn.id, () =>
            turnNode(agentName, (call, approve) => decide(turn.id, call, approve)),
          );
          node.update(turn);
          return node.element;
        }),
        ...state.outgoing.map((message) => {
          const node = known(outgoing, message.id, () => outgoingNode(message.id, act));
          node.update(message);
          return node.element;
        }),
      ];
      arrange(list, nodes);
      if (following) toEnd();
    },
  };
}

function known<N>(nodes: Map<string, N>, id: string, make: () => N): N {
  const node = nodes.get(id) ?? make();
  nodes.set(id, node);
  return node;
}
