/** One tool call: what was called, how it went and how long it took; arguments and output on demand. */
import type { ToolCallView } from "../../shared/chat/protocol.ts";
import { arrange, element, setText } from "../dom.ts";
import { formatDuration, formatJson } from "../format.ts";

/** Statuses whose name is not what the page says. */
const statusText: Partial<Record<ToolCallView["status"], string>> = {
  unknown: "outcome unknown",
  pending: "waiting for approval",
};

/** Approves or declines a call. */
export type Decide = (call: string, approve: boolean) => void;

export interface ToolCallNode {
  readonly element: HTMLElement;
  update(call: ToolCallView): void;
}

/** Makes the node of a tool call; whether it is open is the reader's and survives updates, but for a call to decide on. */
export function toolCallNode(decide: Decide): ToolCallNode {
  const name = element("code", { class: "tool-name" });
  const status = element("span", { class: "tool-status" });
  const latency = element("span", { class: "tool-latency" });
  const body = element("div", { class: "tool-body" });
  const summary = element("summary", {}, name, status, latency);
  const details = element("details", { class: "tool" }, summary, body);
  let id = "";
  const choose = (label: string, approve: boolean) => {
    const button = element("button", { type: "button", class: "quiet" }, label);
    button.addEventListener("click", () => {
      // The buttons are about to vanish, and the focus must not vanish with them.
      summary.focus();
      decide(id, approve);
    });
    return button;
  };
  const choice = element("p", { class: "choice" }, choose("Approve", true), choose("Decline", false));

  return {
    element: details,
    update(call) {
      id = call.id;
      // Whoever decides is shown on what.
      if (call.status === "pending" && details.dataset.status !== "pending") details.open = true;
      details.dataset.status = call.status;
      setText(name, call.name);
      setText(status, statusText[call.status] ?? call.status);
      setText(latency, call.durationMs === null ? "" : formatDuration(call.durationMs));
      const input = typeof call.input === "string" ? call.input : JSON.stringify(call.input, null, 2);
      const shown = [section("Arguments", input)];
      if (call.status === "pending") shown.push(choice);
      if (call.output !== null) shown.push(section("Output", formatJson(call.output)));
      arrange(body, shown);
    },
  };
}

function section(title: string, text: string): HTMLElement {
  // Focusable, because what scrolls must scroll by keyboard too.
  return element("section", {}, element("h4", {}, title), element("pre", { tabindex: "0" }, text));
}
