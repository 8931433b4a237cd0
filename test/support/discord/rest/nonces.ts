/** `enforce_nonce` ("Create Message"): the same author's same nonce, within a few minutes, is the same message. */
import type { MessageState } from "../state.ts";

export class Nonces {
  readonly #now: () => number;
  readonly #memoryMs: number;
  readonly #seen = new Map<string, { message: MessageState; at: number }>();

  constructor(now: () => number, memoryMs: number) {
    this.#now = now;
    this.#memoryMs = memoryMs;
  }

  /** The message that was made with this nonce, when that is remembered. */
  find(authorId: string, nonce: string | number): MessageState | undefined {
    const found = this.#seen.get(`${authorId} ${nonce}`);
    return found !== undefined && this.#now() - found.at < this.#memoryMs ? found.message : undefined;
  }

  /** @param at when the message was made. */
  remember(message: MessageState, at = this.#now()): void {
    if (message.nonce === null) return;
    this.#seen.set(`${message.authorId} ${message.nonce}`, { message, at });
  }
}
