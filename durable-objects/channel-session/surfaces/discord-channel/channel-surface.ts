import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import type { BegunTurn } from "../../engine/turn-state.ts";
import type { DiscordConnections } from "../discord/connections.ts";
import { complete, desiredPosts } from "../discord/desired.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { PlacedAnswer, PostedSurface, StatusSign } from "../discord/posted-surface.ts";
import type { ChannelNotes } from "./channel-notes.ts";
import { ChannelPlacement } from "./channel-placement.ts";
import type { StatusReactions } from "./status-reactions.ts";
import type { ThreadStore } from "./thread-store.ts";

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
  readonly #threads: ThreadStore;
  readonly #notes: ChannelNotes;

  constructor(
    connections: DiscordConnections,
    posts: PostStore,
    reactions: StatusReactions,
    threads: ThreadStore,
    notes: ChannelNotes,
  ) {
    this.#connections = connections;
    this.#posts = posts;
    this.#reactions = reactions;
    this.#threads = threads;
    this.#notes = notes;
  }

  answers({ kind }: ReplyTarget): boolean {
    return kind === "discord";
  }

  placementFor(
    turnId: string,
    { id: trace, target, author }: InboundEvent,
    log: Logger,
  ): PlacedAnswer | { missing: string } {
    const { bot } = this.#connections;
    if (target.kind !== "discord") throw new Error(`no channel: ${target.kind}`);
    if ("missing" in bot) return { missing: `the secret ${bot.missing} is not set.` };
    const rest = bot.rest.with({ trace });
    const placement = new ChannelPlacement({
      ...{ turnId, target, askedBy: author.id, rest, log, now: Date.now },
      ...{ posts: this.#posts, threads: this.#threads, notes: this.#notes },
    });
    return { placement, rest };
  }

  queued(event: InboundEvent): void {
    this.#reactions.queued(event);
  }

  signOf(turn: BegunTurn): StatusSign | undefined {
    return this.#reactions.signOf(turn);
  }
}
