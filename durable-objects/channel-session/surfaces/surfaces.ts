import type { InboundEvent } from "../../../shared/session/event.ts";
import type { BegunTurn, Delivery, OutboxItem } from "../engine/turn-state.ts";
import { SENT, type ShownTurn, type Surface } from "./surface.ts";

/** All surfaces of a conversation as one. An answer that none of them says is kept in the conversation, and that is all. */
export class Surfaces implements Surface {
  readonly #all: readonly Surface[];

  constructor(all: readonly Surface[]) {
    this.#all = all;
  }

  answers(): boolean {
    return true;
  }

  begin(turn: BegunTurn): ShownTurn {
    const shown = this.#all.flatMap((surface) => {
      const here = surface.begin(turn);
      return here ? [{ surface, here }] : [];
    });
    return new EverywhereShown(shown);
  }

  queued(event: InboundEvent): void {
    for (const surface of this.#all) surface.queued?.(event);
  }

  changed(turn: string): void {
    for (const surface of this.#all) surface.changed?.(turn);
  }

  stopped(turn: string): void {
    for (const surface of this.#all) surface.stopped?.(turn);
  }

  replaced(turn: string): void {
    for (const surface of this.#all) surface.replaced?.(turn);
  }

  resume(): void {
    for (const surface of this.#all) surface.resume?.();
  }

  get isPending(): boolean {
    return this.#all.some(({ isPending }) => isPending);
  }
}

interface Shown {
  surface: Surface;
  here: ShownTurn;
}

class EverywhereShown implements ShownTurn {
  readonly #shown: readonly Shown[];

  constructor(shown: readonly Shown[]) {
    this.#shown = shown;
  }

  changed(): void {
    for (const { here } of this.#shown) here.changed();
  }

  grew(offset: number, text: string): void {
    for (const { here } of this.#shown) here.grew(offset, text);
  }

  async deliver(item: OutboxItem): Promise<Delivery> {
    const at = this.#shown.find(({ surface }) => surface.answers(item.target));
    return at ? at.here.deliver(item) : SENT;
  }

  end(): void {
    for (const { here } of this.#shown) here.end();
  }
}
