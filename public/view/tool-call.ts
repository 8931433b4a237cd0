/** One tool call: what was called, how it went and how long it took; arguments and output on demand. */
import type { ToolCallView } from "../../shared/chat/protocol.ts";
import { arrange, element, setText } from "../dom.ts";
import { formatDuration, formatJson } from "../format.ts";

const statusText: Record<ToolCallView["status"], string> = {
  running: "running",
  ok: "ok",
  error: "error",
  unknown: "outcome unknown",
};

export interface ToolCallNode {
  readonly element: HTMLElement;
  update(call: ToolCallView): void;
}

/** Makes the node of a tool call; whether it is open is the reader's and survives updates. */
export function toolCallNode(): ToolCallNode {
  const name = element("code", { class: "tool-name" });
  const status = element("span", { class: "tool-status" });
  const latency = element("span", { class: "tool-latency" });
  const body = element("div", { class: "tool-body" });
  const details = element("details", { class: "tool" }, element("summary", {}, name, status, latency), body);

  return {
    element: details,
    update(call) {
      details.dataset.status = call.status;
      setText(name, call.name);
      setText(status, statusText[call.status]);
      setText(latency, call.durationMs === null ? "" : formatDuration(call.durationMs));
      const input = typeof call.input === "string" ? call.input : JSON.stringify(call.input, null, 2);
      const shown = [section("Arguments", input)];
      if (call.output !== null) shown.push(section("Output", formatJson(call.output)));
      arrange(body, shown);
    },
  };
}

function section(title: string, text: string): HTMLElement {
  // Focusable, because what scrolls must scroll by keyboard too.
  return element("section", {}, element("h4", {}, title), element("pre", { tabindex: "0" }, text));
}
