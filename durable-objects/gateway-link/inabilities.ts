import type { Inability } from "../../shared/session/event.ts";

/**
 * What the bot was found to be unable to do, by channel. In memory only: whoever begins anew finds out again, at the price of one
 * refusal. Times are Unix milliseconds.
 */
export class Inabilities {
  readonly #until = new Map<string, Map<Inability, number>>();

  note(channelId: string, what: Inability, until: number): void {
    const known = this.#until.get(channelId) ?? new Map<Inability, number>();
    known.set(what, until);
    this.#until.set(channelId, known);
  }

  in(channelId: string, now: number): Inability[] {
    const known = this.#until.get(channelId);
    if (!known) return [];
    for (const [what, until] of known) if (until <= now) known.delete(what);
    if (known.size === 0) this.#until.delete(channelId);
    return [...known.keys()];
  }

  /** Somebody may have granted what was missing in a channel. */
  forget(channelId: string): void {
    this.#until.delete(channelId);
  }

  /** The same for whatever may follow from a role. */
  forgetAll(): void {
    this.#until.clear();
  }
}
