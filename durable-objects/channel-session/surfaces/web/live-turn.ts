import type { LiveAnswer } from "../../engine/run-turn.ts";
import type { LiveText } from "./view.ts";

/** Tells those who watch a turn. */
interface Watchers {
  /** `text` was added at UTF-16 offset `offset` of the text in progress. */
  added(offset: number, text: string): void;
  /** What is shown of the turn must be shown anew. */
  changed(): void;
}

/** The text of the call in progress. It lives in memory only: whoever comes after a crash sees it written again. */
export class LiveTurn implements LiveAnswer, LiveText {
  readonly turnId: string;
  readonly #watchers: Watchers;
  text = "";
  notice: string | null = null;
  /** Place of this text among the turn's parts, once somebody asked. */
  part: number | undefined;

  constructor(turnId: string, watchers: Watchers) {
    this.turnId = turnId;
    this.#watchers = watchers;
  }

  append(text: string): void {
    if (text === "") return;
    const offset = this.text.length;
    this.text += text;
    if (this.notice === null) {
      this.#watchers.added(offset, text);
    } else {
      this.notice = null;
      this.#watchers.changed();
    }
  }

  restart(notice: string): void {
    this.text = "";
    this.notice = notice;
    this.#watchers.changed();
  }

  clear(): void {
    this.text = "";
    this.notice = null;
    this.part = undefined;
  }
}
