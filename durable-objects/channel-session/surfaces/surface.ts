import type { InboundEvent, ReplyTarget } from "../../../shared/session/event.ts";
import type { BegunTurn, Delivery, OutboxItem } from "../engine/turn-state.ts";

export const SENT: Delivery = { status: "sent" };

/** One turn on a surface while an instance works on it. */
export interface ShownTurn {
  /** There may be more to show, or something else. */
  changed(): void;
  /** `text` was added at UTF-16 offset `offset` of the model call in progress. */
  grew(offset: number, text: string): void;
  /**
   * Says what must be said. Only called where the surface {@link Surface.answers} the turn's target.
   *
   * @throws when it may be tried again, by the watchdog; what is there already is known then.
   */
  deliver(item: OutboxItem): Promise<Delivery>;
  /** Nobody works on it here any more: nothing more of it is begun. */
  end(): void;
}

/**
 * A kind of place where answers show. Surfaces read the state of turns and bring what stands there to what should; what a turn
 * is and what becomes of it is none of their business.
 */
export interface Surface {
  /** Whether answers to this target are said here. */
  answers(target: ReplyTarget): boolean;
  /** @returns `undefined` when nothing of the turn is shown here. */
  begin(turn: BegunTurn): ShownTurn | undefined;
  /** A message waits for the answer to another. */
  queued?(event: InboundEvent): void;
  /** A turn that nobody works on has changed. */
  changed?(turn: string): void;
  /** A turn is stopped; what was shown of it will say so, whatever happens to this instance, and forgotten as it may be. */
  stopped?(turn: string): void;
  /** Another turn's answer is going to take the place of this one's. */
  replaced?(turn: string): void;
  /** Brings what is shown of turns that nobody works on to what it should be. What cannot be done now is left to the next call. */
  resume?(): void;
  /** Whether {@link resume} has something left to do. */
  readonly isPending?: boolean;
}
