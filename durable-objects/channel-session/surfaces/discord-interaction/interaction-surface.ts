import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import type { TurnState } from "../../engine/turn-state.ts";
import type { DiscordConnections } from "../discord/connections.ts";
import { complete, type Display, desiredPosts } from "../discord/desired.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { PlacedAnswer, PostedSurface } from "../discord/posted-surface.ts";
import type { PostRow } from "../discord/schema.ts";
import { InteractionPlacement } from "./interaction-placement.ts";

/** Answers to interactions: by the token while that lives, then as the bot's messages. */
export class InteractionSurface implements PostedSurface {
  readonly name = "discord";
  readonly isLive = true;
  readonly patienceMs = Number.POSITIVE_INFINITY;
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

  desired(turn: TurnState, posted: readonly PostRow[], display: Display): DesiredPosts | undefined {
    return desiredPosts(turn, posted, display);
  }

  complete(turn: TurnState, text: string, display: Display): DesiredPosts {
    return complete(turn, text, display);
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
