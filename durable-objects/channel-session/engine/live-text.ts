import type { LiveAnswer } from "./turn-context.ts";

/** Those who watch the text of a model call. */
interface Watcher {
  /** `text` was added at UTF-16 offset `offset`. */
  grew(offset: number, text: string): void;
  /** What is shown must be shown anew. */
  changed(): void;
}

/** The text of the model call in progress. It lives in memory only: whoever comes after a crash sees it written again. */
export class LiveText implements LiveAnswer {
  readonly #watcher: Watcher;
  text = "";
  /** Why there is none, or none any more. */
  interruption: string | null = null;

  constructor(watcher: Watcher) {
    this.#watcher = watcher;
  }

  append(text: string): void {
    if (text === "") return;
    const offset = this.text.length;
    this.text += text;
    if (this.interruption === null) {
      this.#watcher.grew(offset, text);
    } else {
      this.interruption = null;
      this.#watcher.changed();
    }
  }

  restart(interruption: string): void {
    this.text = "";
    this.interruption = interruption;
    this.#watcher.changed();
  }

  clear(): void {
    this.text = "";
    this.interruption = null;
  }
}
