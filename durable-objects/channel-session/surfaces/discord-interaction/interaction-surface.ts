import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import type { DiscordConnections } from "../discord/connections.ts";
import { complete, desiredPosts } from "../discord/desired.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { PlacedAnswer, PostedSurface } from "../discord/posted-surface.ts";
import { InteractionPlacement } from "./interaction-placement.ts";

/** Answers to interactions: by the token while that lives, then as the bot's messages. */
export class InteractionSurface implements PostedSurface {
  readonly name = "discord";
  readonly isLive = true;
  readonly patienceMs = Number.POSITIVE_INFINITY;
  readonly desired = desiredPosts;
  readonly complete = complete;
  readonly #connections: DiscordConnections;
  readonly #posts: PostStore;

  constructor(connections: DiscordConnections, posts: PostStore) {
    this.#connections = connections;
    this.#posts = posts;
  }

  answers({ kind }: ReplyTarget): boolean {
    return kind === "interaction";
  }

  placementFor(turnId: string, { id: trace, target }: InboundEvent, log: Logger): PlacedAnswer {
    if (target.kind !== "interaction") throw new Error(`no interaction: ${target.kind}`);
    const { bot, tokenRoutes } = this.#connections;
    const rest = tokenRoutes.with({ trace });
    const posts = this.#posts;
    const placement = new InteractionPlacement({ turnId, target, rest, bot, posts, log, now: Date.now });
    return { placement, rest };
  }

  /** The deferral is there, and says that an answer will come. */
  promised(turnId: string, target: ReplyTarget): void {
    if (target.kind !== "interaction") return;
    const channelId = target.channelId ?? "";
    this.#posts.beginCreate(
      { turnId, part: 0, channelId, content: "", controls: [], place: "token" },
      Date.now(),
    );
  }
}
