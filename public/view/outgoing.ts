/** A message that no turn shows yet. */
import { element, setText } from "../dom.ts";
import type { OutgoingMessage } from "../state.ts";
import { messageNode } from "./turn.ts";

export interface OutgoingNode {
  readonly element: HTMLElement;
  update(message: OutgoingMessage): void;
}

/** Makes the node of an outgoing message, with what a person can do once the server refused it. */
export function outgoingNode(id: string, act: (type: "retry" | "discard", id: string) => void): OutgoingNode {
  const message = messageNode();
  const notice = element("p", { class: "notice" });
  const retry = element("button", { type: "button", class: "quiet" }, "Send again");
  const discard = element("button", { type: "button", class: "quiet" }, "Discard");
  const choice = element("p", { class: "choice" }, retry, discard);
  retry.addEventListener("click", () => act("retry", id));
  discard.addEventListener("click", () => act("discard", id));

  return {
    element: element("li", { class: "turn outgoing" }, message.element, notice, choice),
    update({ text, refusal }) {
      message.update(text);
      // The style sheet shows this only after a moment: most messages are accepted before anyone could read it.
      notice.dataset.kind = refusal === null ? "sending" : "refused";
      setText(notice, refusal ?? "Not sent yet");
      choice.hidden = refusal === null;
    },
  };
}
