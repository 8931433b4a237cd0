/** The messages of a place. Those that have not changed stay as they are: with the focus, and what is chosen in them. */
import { arrange } from "../../../../public/dom.ts";
import type { MessageHistory } from "../world-view.ts";
import { type MessageContext, messageView } from "./message-view.ts";

export class MessageList {
  readonly #root: HTMLElement;
  #shown = new Map<string, { state: string; node: HTMLElement }>();

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  /** Shows these and no others; a reader who is at the end stays there. */
  show(histories: readonly MessageHistory[], context: MessageContext): void {
    const root = this.#root;
    const isAtEnd = root.scrollHeight - root.scrollTop - root.clientHeight < 40;
    const earlier = this.#shown;
    const focused = document.activeElement;
    this.#shown = new Map(
      histories.map((history) => {
        const state = JSON.stringify([history, context]);
        const known = earlier.get(history.message.id);
        const isSame = known !== undefined && known.state === state;
        return [history.message.id, isSame ? known : { state, node: messageView(history, context) }];
      }),
    );
    arrange(
      root,
      [...this.#shown.values()].map(({ node }) => node),
    );
    for (const [id, { node }] of earlier)
      if (focused !== null && node.contains(focused)) this.#focusAgain(focused, this.#shown.get(id)?.node);
    if (isAtEnd) root.scrollTop = root.scrollHeight;
  }

  /** The focus goes to what took the place of what had it. */
  #focusAgain(before: Element, node: HTMLElement | undefined): void {
    if (node === undefined || node.contains(before)) return;
    const controls = [...node.querySelectorAll<HTMLElement>("[data-control]")];
    const name = before.getAttribute("data-control");
    const control = controls.find((each) => each.getAttribute("data-control") === name);
    (control ?? node).focus({ preventScroll: true });
  }
}
