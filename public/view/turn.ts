/** One turn: the message, the answer in the order it came, what became of it and what it cost. */
import type { TurnPart, TurnView } from "../../shared/chat/protocol.ts";
import { arrange, element, setText } from "../dom.ts";
import { formatCost, formatDuration, formatTokens } from "../format.ts";
import { renderBlock, splitBlocks } from "../markdown.ts";
import { type Decide, type ToolCallNode, toolCallNode } from "./tool-call.ts";

export interface TurnNode {
  readonly element: HTMLElement;
  /** Draws the turn; does nothing when it is the same object as the last time. */
  update(turn: TurnView): void;
}

type PartNode =
  | { type: "text"; element: HTMLElement; update(text: string): void }
  | ({ type: "tool" } & ToolCallNode);

/** Makes the node of a turn. `agentName` is who answers, for those who hear the page. */
export function turnNode(agentName: string, decide: Decide): TurnNode {
  const message = messageNode();
  const waiting = element("p", { class: "waiting" });
  const parts = element("div", { class: "parts" });
  const notice = element("p", { class: "notice" });
  const facts = element("p", { class: "facts" });
  const answer = element(
    "div",
    { class: "answer" },
    element("h3", { class: "visually-hidden" }, agentName),
    parts,
    waiting,
    notice,
    facts,
  );
  const root = element("li", { class: "turn" }, message.element, answer);
  let partNodes: PartNode[] = [];
  let drawn: TurnView | null = null;

  return {
    element: root,
    update(turn) {
      if (turn === drawn) return;
      drawn = turn;
      root.dataset.state = turn.state;
      message.update(turn.text, turn.attachments);
      partNodes = turn.parts.map((part, index) => drawPart(partNodes[index], part, decide));
      arrange(
        parts,
        partNodes.map((node) => node.element),
      );
      setText(waiting, waitingText(turn));
      setText(notice, turn.notice ?? "");
      arrange(facts, factNodes(turn));
    },
  };
}

/** A person's message, as plain text, and links to its files. */
export function messageNode(): {
  element: HTMLElement;
  update(text: string, files?: TurnView["attachments"]): void;
} {
  const text = element("p");
  const files = element("p", { class: "files", hidden: "" });
  const heading = element("h3", { class: "visually-hidden" }, "You");
  const root = element("div", { class: "message" }, heading, text, files);
  return {
    element: root,
    update(value, attachments = []) {
      setText(text, value);
      files.hidden = attachments.length === 0;
      // A message never changes; its files are drawn once, and keep the focus.
      if (files.childElementCount !== attachments.length) arrange(files, attachments.map(fileLink));
    },
  };
}

function fileLink({ name, contentType, url }: TurnView["attachments"][number]): HTMLElement {
  const link = { href: url, title: contentType, target: "_blank", rel: "noopener noreferrer" };
  return element("a", { class: "file", ...link }, name);
}

function drawPart(known: PartNode | undefined, part: TurnPart, decide: Decide): PartNode {
  const node = known?.type === part.type ? known : newPart(part.type, decide);
  if (part.type === "tool" && node.type === "tool") node.update(part);
  if (part.type === "text" && node.type === "text") node.update(part.text);
  return node;
}

function newPart(type: TurnPart["type"], decide: Decide): PartNode {
  return type === "tool" ? { type, ...toolCallNode(decide) } : newTextPart();
}

/** Text that may grow: only the blocks that changed are rendered, so a selection further up stays. */
function newTextPart(): PartNode {
  const root = element("div", { class: "prose" });
  let drawn: string[] = [];
  return {
    type: "text",
    element: root,
    update(text) {
      const blocks = splitBlocks(text);
      blocks.forEach((block, index) => {
        if (block === drawn[index]) return;
        const node = root.children[index] ?? root.appendChild(element("div"));
        node.innerHTML = renderBlock(block);
      });
      while (root.children.length > blocks.length) root.lastElementChild?.remove();
      drawn = blocks;
    },
  };
}

function waitingText({ state, parts }: TurnView): string {
  if (state === "waiting") return "Waiting for its turn";
  const last = parts.at(-1);
  if (state !== "running" || last?.type === "text" || (last?.type === "tool" && last.status === "running"))
    return "";
  return "Thinking";
}

function factNodes(turn: TurnView): Node[] {
  if (turn.finishedAt === null) return [];
  const facts: [kind: string, text: string][] = [];
  // The demo says so where the price stands.
  if (turn.model !== null && turn.provider !== "demo") facts.push(["model", turn.model]);
  if (turn.usage !== null) {
    facts.push(["tokens", formatTokens(turn.usage)]);
    facts.push(["cost", formatCost(turn)]);
  }
  if (turn.startedAt !== null) facts.push(["duration", formatDuration(turn.finishedAt - turn.startedAt)]);
  return facts.map(([kind, text]) => element("span", { "data-fact": kind }, text));
}
