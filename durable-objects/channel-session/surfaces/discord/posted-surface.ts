import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import type { BegunTurn, TurnState } from "../../engine/turn-state.ts";
import type { Display } from "./desired.ts";
import type { Placement } from "./placement.ts";
import type { PostRow } from "./schema.ts";

/** Where an answer goes, and the client that takes it there. */
export interface PlacedAnswer {
  placement: Placement;
  rest: DiscordRest;
}

/** What a turn is at, shown beside its answer. Nobody waits for it. */
export interface StatusSign {
  show(turn: TurnState): void;
  /** Shows the last status, at once. `null`: nothing stays. */
  settle(status: "done" | "error" | null): void;
}

/** A kind of place where answers are messages of Discord's: what differs from one kind to the other. */
export interface PostedSurface {
  /** In log lines. */
  readonly name: string;
  /** Whether an answer is shown as it grows, and looked after when nobody works on it. */
  readonly isLive: boolean;
  /** How long an answer is tried to be delivered, in milliseconds from its end; the conversation waits for it. */
  readonly patienceMs: number;
  answers(target: ReplyTarget): boolean;
  /** @returns what is missing when nothing can be posted. */
  placementFor(turn: string, event: InboundEvent, log: Logger): PlacedAnswer | { missing: string };
  /** @see desiredPosts */
  desired(turn: TurnState, posted: readonly PostRow[], display: Display): DesiredPosts | undefined;
  /** An answer that is complete. */
  complete(turn: TurnState, text: string, posted: readonly PostRow[], display: Display): DesiredPosts;
  signOf?(turn: BegunTurn): StatusSign | undefined;
  /** @see Surface.queued */
  queued?(event: InboundEvent): void;
  /** What has to be known of an answer that is stopped before anything of it was posted. */
  promised?(turn: string, target: ReplyTarget): void;
}
