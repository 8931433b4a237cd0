import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { DesiredPosts, PostAction } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import {
  nextPostIn,
  remarkAt,
  type VenueKind,
  venueKindOf,
} from "../../../../shared/interaction/answer-place.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { InteractionTarget } from "../../../../shared/session/event.ts";
import type { DiscordConnection } from "../../../clients/discord-client.ts";
import { ChannelVenue } from "../discord/channel-venue.ts";
import { openDm } from "../discord/open-dm.ts";
import type { PlacedAction, Placement } from "../discord/placement.ts";
import { type PostStore, toPost } from "../discord/post-store.ts";
import type { PostRow } from "../discord/schema.ts";
import type { Effort, Venue } from "../discord/venue.ts";
import { TokenVenue } from "./token-venue.ts";

/** What an {@link InteractionPlacement} needs. */
export interface InteractionPlacementOptions {
  turnId: string;
  target: InteractionTarget;
  /** For the token's routes. */
  rest: DiscordRest;
  /** For everything else. */
  bot: DiscordConnection;
  posts: PostStore;
  log: Logger;
  now: () => number;
}

/**
 * An answer to an interaction: by its token while that lives, then as the bot's messages. Where which message belongs is
 * decided in answer-place.ts; this makes it so.
 */
export class InteractionPlacement implements Placement {
  readonly #options: InteractionPlacementOptions;
  readonly #token: TokenVenue;
  #isTokenRefused = false;
  #isChannelRefused = false;
  /** Where the last request was to go. */
  #tried: VenueKind | undefined;
  #dm: string | undefined;

  constructor(options: InteractionPlacementOptions) {
    this.#options = options;
    const bot = "rest" in options.bot ? options.bot.rest : null;
    this.#token = new TokenVenue({ ...options, bot });
  }

  isShown(desired: DesiredPosts): boolean {
    const { posts, turnId } = this.#options;
    return nextPostIn(this.#venueKind(), desired, posts.ofTurn(turnId).map(toPost)).do === "nothing";
  }

  async next(desired: DesiredPosts, effort: Effort): Promise<PlacedAction | undefined> {
    const { posts, turnId, now } = this.#options;
    const place = this.#venueKind();
    this.#tried = place;
    if (place === "channel") await this.#settleUnheard(effort);
    const rows = posts.ofTurn(turnId);
    const action = nextPostIn(place, desired, rows.map(toPost));
    if (action.do === "nothing") return undefined;
    const venue = await this.#venue(place, action, rows, effort);
    const row = rows.find(({ part }) => part === action.part);
    if (action.do === "create" && row && row.place !== place)
      posts.move(row, { place, channelId: venue.channelId }, now());
    return { action, venue };
  }

  venueOf({ place, channelId }: PostRow): Venue | undefined {
    if (place === "token") return this.#token;
    const { bot, posts } = this.#options;
    return "rest" in bot
      ? new ChannelVenue({ rest: bot.rest, posts, channelId, place, reply: null })
      : undefined;
  }

  async prepare(): Promise<void> {}

  remark(): string | null {
    return this.#venueKind() === "token" ? remarkAt(this.#options.now(), this.#options.target) : null;
  }

  async hasOther(error: DiscordError): Promise<boolean> {
    const tried = this.#tried;
    // One that has no status is our own: nobody was turned away.
    if (isFinal(error) && error.status !== undefined) {
      const isTurnedAway = error.code === "forbidden" || error.code === "not_found";
      if (tried === "token") this.#isTokenRefused ||= isTurnedAway || error.code === "unauthorized";
      if (tried === "channel") this.#isChannelRefused ||= isTurnedAway;
    }
    const place = this.#venueKind();
    if (place === tried) return false;
    this.#options.log.log("warn", "discord.answer_moved", { to: place, cause: error.message });
    return true;
  }

  #venueKind(): VenueKind {
    const { posts, turnId, target, now } = this.#options;
    const { expiresAt, isPrivate, channelId } = target;
    return venueKindOf(posts.ofTurn(turnId), {
      ...{ now: now(), expiresAt, isPrivate },
      hasChannel: channelId !== undefined && !this.#isChannelRefused,
      isTokenRefused: this.#isTokenRefused,
    });
  }

  async #venue(
    place: VenueKind,
    action: Exclude<PostAction, { do: "nothing" }>,
    rows: readonly PostRow[],
    effort: Effort,
  ): Promise<Venue> {
    if (place === "token") return this.#token;
    const { posts } = this.#options;
    const rest = this.#bot();
    if (place === "dm") {
      const here = rows.find((each) => each.place === "dm");
      const channelId = here?.channelId ?? (await this.#openDm(rest, effort));
      return new ChannelVenue({ rest, posts, channelId, place, reply: null });
    }
    const row = rows.find(({ part }) => part === action.part);
    const original = rows.find((each) => each.place === "token" && each.messageId !== null);
    const { channelId } = row ?? original ?? this.#token;
    const isFirstHere = !rows.some((each) => each.place === "channel" && each !== row);
    const reply = isFirstHere && original?.messageId ? { part: action.part, to: original.messageId } : null;
    return new ChannelVenue({ rest, posts, channelId, place, reply });
  }

  /** What was sent by the token before it ended is found in the channel, or is sent there. */
  async #settleUnheard(effort: Effort): Promise<void> {
    const { posts, turnId, now } = this.#options;
    for (const row of posts.ofTurn(turnId)) {
      if (row.place !== "token" || row.messageId !== null) continue;
      const found = await this.#token.find(row, effort);
      if (found) posts.adopt(row, found);
      else posts.move(row, { place: "channel", channelId: row.channelId }, now());
    }
  }

  async #openDm(rest: DiscordRest, effort: Effort): Promise<string> {
    this.#dm ??= await openDm(rest, this.#options.target.userId, effort);
    return this.#dm;
  }

  /** @throws DiscordError when there is none. */
  #bot(): DiscordRest {
    const { bot } = this.#options;
    if ("rest" in bot) return bot.rest;
    const reason = `the interaction's token is over, and the secret ${bot.missing} is not set`;
    throw new DiscordError("unauthorized", reason, { method: "POST", route: "/channels/:id/messages" });
  }
}
