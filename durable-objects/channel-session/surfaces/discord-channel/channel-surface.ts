import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import type { BegunTurn } from "../../engine/turn-state.ts";
import type { DiscordConnections } from "../discord/connections.ts";
import { complete, desiredPosts } from "../discord/desired.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { PlacedAnswer, PostedSurface, StatusSign } from "../discord/posted-surface.ts";
import { ChannelPlacement, type ThreadRefusal } from "./channel-placement.ts";
import type { StatusReactions } from "./status-reactions.ts";
import type { ThreadRefusals } from "./thread-refusals.ts";

/** Answers in a channel, thread or DM, written by the bot. */
export class ChannelSurface implements PostedSurface {
  readonly name = "discord";
  readonly isLive = true;
  readonly patienceMs = Number.POSITIVE_INFINITY;
  readonly desired = desiredPosts;
  readonly complete = complete;
  readonly #connections: DiscordConnections;
  readonly #posts: PostStore;
  readonly #reactions: StatusReactions;
  readonly #refusals: ThreadRefusals;

  constructor(
    connections: DiscordConnections,
    posts: PostStore,
    reactions: StatusReactions,
    refusals: ThreadRefusals,
  ) {
    this.#connections = connections;
    this.#posts = posts;
    this.#reactions = reactions;
    this.#refusals = refusals;
  }

  answers({ kind }: ReplyTarget): boolean {
    return kind === "discord";
  }

  placementFor(
    turnId: string,
    { id: trace, target }: InboundEvent,
    log: Logger,
  ): PlacedAnswer | { missing: string } {
    const { bot } = this.#connections;
    if (target.kind !== "discord") throw new Error(`no channel: ${target.kind}`);
    if ("missing" in bot) return { missing: `the secret ${bot.missing} is not set.` };
    const rest = bot.rest.with({ trace });
    const threadRefused = (refusal: ThreadRefusal) => this.#refusals.note(refusal, log);
    const options = { turnId, target, rest, posts: this.#posts, threadRefused };
    return { placement: new ChannelPlacement(options), rest };
  }

  queued(event: InboundEvent): void {
    this.#reactions.queued(event);
  }

  signOf(turn: BegunTurn): StatusSign | undefined {
    return this.#reactions.signOf(turn);
  }
}
