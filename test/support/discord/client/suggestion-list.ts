/** The list above the composer: moved through by arrow keys, taken with Tab, or with Enter where something is chosen. */
import { element } from "../../../../public/dom.ts";
import type { Completion } from "./completions.ts";

export class SuggestionList {
  readonly #field: HTMLTextAreaElement;
  readonly #list: HTMLElement;
  readonly #take: (completion: Completion) => void;
  #completions: readonly Completion[] = [];
  /** Place of the chosen one; -1: none. */
  #chosen = -1;

  /** @param take is called with the completion that somebody has decided for */
  constructor(field: HTMLTextAreaElement, list: HTMLElement, take: (completion: Completion) => void) {
    this.#field = field;
    this.#list = list;
    this.#take = take;
  }

  /** @param isEager whether the first is chosen beforehand */
  show(completions: readonly Completion[], isEager: boolean): void {
    this.#completions = completions;
    this.#chosen = isEager && completions.length > 0 ? 0 : -1;
    this.#list.hidden = completions.length === 0;
    this.#list.replaceChildren(...completions.map((completion, at) => this.#optionOf(completion, at)));
    this.#mark();
  }

  hide(): void {
    this.show([], false);
  }

  /** @returns whether the key was for the list */
  handleKey(event: KeyboardEvent): boolean {
    const { length } = this.#completions;
    if (length === 0) return false;
    switch (event.key) {
      case "ArrowDown":
        return this.#choose((this.#chosen + 1) % length);
      case "ArrowUp":
        return this.#choose(this.#chosen <= 0 ? length - 1 : this.#chosen - 1);
      case "Tab":
        return !event.shiftKey && this.#takeAt(Math.max(0, this.#chosen));
      case "Enter":
        return !event.shiftKey && this.#takeAt(this.#chosen);
      case "Escape":
        this.hide();
        return true;
      default:
        return false;
    }
  }

  #choose(at: number): true {
    this.#chosen = at;
    this.#mark();
    return true;
  }

  #takeAt(at: number): boolean {
    const completion = this.#completions[at];
    if (completion === undefined) return false;
    this.#take(completion);
    return true;
  }

  /** The focus stays in the field; which one is chosen is told by its id. */
  #mark(): void {
    for (const [at, option] of [...this.#list.children].entries()) {
      option.setAttribute("aria-selected", String(at === this.#chosen));
      if (at === this.#chosen) option.scrollIntoView({ block: "nearest" });
    }
    const chosen = this.#list.children[this.#chosen];
    if (chosen === undefined) this.#field.removeAttribute("aria-activedescendant");
    else this.#field.setAttribute("aria-activedescendant", chosen.id);
  }

  #optionOf({ label, description }: Completion, at: number): HTMLElement {
    const option = element(
      "div",
      { role: "option", id: `suggestion-${at}` },
      element("strong", {}, label),
      element("span", {}, description),
    );
    option.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#takeAt(at);
    });
    return option;
  }
}
