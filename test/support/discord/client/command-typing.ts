/** Slash commands in the composer: offers while one is typed, and what is called once it is sent. */
import type { APIApplicationCommand } from "discord-api-types/v10";
import { answered, type Completion, offerFor, type Question } from "./completions.ts";
import { readSlash, type SlashCommand, type SlashReading, slashCommands } from "./slash-command.ts";
import { SuggestionList } from "./suggestion-list.ts";

/** What the page knows. */
interface Surroundings {
  /** Asks the application. @throws Error when it does not answer */
  complete(question: Question): Promise<readonly { name: string; value: string | number }[]>;
  /** The id of a user or a channel. */
  idOf(name: string): string | undefined;
}

export class CommandTyping {
  readonly #field: HTMLTextAreaElement;
  readonly #list: SuggestionList;
  readonly #surroundings: Surroundings;
  #commands: readonly SlashCommand[] = [];

  constructor(field: HTMLTextAreaElement, list: HTMLElement, surroundings: Surroundings) {
    this.#field = field;
    this.#surroundings = surroundings;
    this.#list = new SuggestionList(field, list, (completion) => this.#take(completion));
    field.addEventListener("input", () => void this.#suggest());
    field.addEventListener("blur", () => this.hide());
  }

  /** Takes over which commands there are. */
  offer(commands: readonly APIApplicationCommand[]): void {
    this.#commands = slashCommands(commands);
  }

  read(text: string): SlashReading {
    return readSlash(text, this.#commands, (name) => this.#surroundings.idOf(name));
  }

  /** @returns whether the key was for the list */
  handleKey(event: KeyboardEvent): boolean {
    return this.#list.handleKey(event);
  }

  hide(): void {
    this.#list.hide();
  }

  #take({ text }: Completion): void {
    this.#field.value = text;
    void this.#suggest();
  }

  async #suggest(): Promise<void> {
    const text = this.#field.value;
    const offer = offerFor(text, this.#commands);
    if (offer.kind === "known") return this.#list.show(offer.completions, offer.isEager);
    const completions = await this.#ask(offer.question);
    // What was typed in the meantime asks for itself.
    if (this.#field.value === text && document.activeElement === this.#field)
      this.#list.show(
        completions.filter((completion) => completion.text !== text),
        false,
      );
  }

  /** An application that does not answer offers nothing: whoever types can go on without. */
  async #ask(question: Question): Promise<Completion[]> {
    try {
      return answered(question, await this.#surroundings.complete(question));
    } catch {
      return [];
    }
  }
}
