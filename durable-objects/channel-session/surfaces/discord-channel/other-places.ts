import type { DiscordError } from "../../../../shared/discord/errors.ts";
import type { Way } from "../../../../shared/discord/other-ways.ts";
import { barePosts } from "../discord/bare-posts.ts";
import { openDm } from "../discord/open-dm.ts";
import type { PostRow } from "../discord/schema.ts";
import type { Effort, Venue } from "../discord/venue.ts";
import { type AnswerInChannel, type Destination, replyInChannel } from "./destination.ts";

/** Name of a thread that is started where one with a name of its own is gone. */
const NAMELESS = "Thread";

/** Ways of {@link Way} that lead to another place. */
const PLACES = ["new-thread", "in-channel", "in-dm"] as const satisfies readonly Way[];
type OtherPlace = (typeof PLACES)[number];

/** What an answer is moved by. */
interface Means {
  /** Starts the message's thread. @returns whether it is there. */
  startThread: (name: string, effort: Effort) => Promise<boolean>;
  venueOf: (row: PostRow) => Venue | undefined;
}

/** Where an answer goes when Discord does not take it where it belongs: each place is tried once. */
export class OtherPlaces {
  readonly #answer: AnswerInChannel;
  readonly #means: Means;
  readonly #taken = new Set<Way>();

  constructor(answer: AnswerInChannel, means: Means) {
    this.#answer = answer;
    this.#means = means;
  }

  /**
   * Moves the answer.
   *
   * @param from where it was to go, unless some of it was posted.
   * @returns where it goes now; `undefined`: there is no other place.
   * @throws DiscordError
   */
  async take(
    ways: readonly Way[],
    error: DiscordError,
    { from, effort }: { from: string | undefined; effort: Effort },
  ): Promise<Destination | undefined> {
    const { target, notes, log } = this.#answer;
    for (const way of PLACES.filter((place) => ways.includes(place) && !this.#taken.has(place))) {
      const to = await this.#place(way, from, effort);
      if (to === undefined) continue;
      await this.#move(to, effort);
      if (way === "in-channel") notes.cannot(target, "thread", error, log);
      this.#taken.add(way);
      log.log("warn", "discord.other_way", { way, cause: error.message });
      return to;
    }
    return undefined;
  }

  async #place(way: OtherPlace, from: string | undefined, effort: Effort): Promise<Destination | undefined> {
    const { target, posts, turnId } = this.#answer;
    const current = posts.ofTurn(turnId)[0]?.channelId ?? from;
    if (current === undefined) return undefined;
    switch (way) {
      case "new-thread":
        return target.thread?.from === "earlier" && current === target.thread.id
          ? this.#startInstead(target.thread, effort)
          : undefined;
      case "in-channel":
        return current === target.channelId ? undefined : replyInChannel(target);
      case "in-dm":
        return target.guildId === undefined || target.messageId === undefined
          ? undefined
          : this.#openDm(effort);
      default:
        return way satisfies never;
    }
  }

  async #openDm(effort: Effort): Promise<Destination> {
    const { rest, askedBy } = this.#answer;
    return { channelId: await openDm(rest, askedBy, effort), place: "dm", replyTo: null };
  }

  /** A thread in the place of one that is gone; the conversation goes on in it. */
  async #startInstead(
    { id, name = NAMELESS }: { id: string; name?: string },
    effort: Effort,
  ): Promise<Destination | undefined> {
    const { target, notes, log } = this.#answer;
    const { messageId } = target;
    if (messageId === undefined || !(await this.#means.startThread(name, effort))) return undefined;
    notes.goesOn(target, [messageId], log, id);
    return { channelId: messageId, place: "channel", replyTo: null };
  }

  /** The answer stands nowhere but there: what stands elsewhere has nothing to press any more, and is none of its. */
  async #move(to: Destination, effort: Effort): Promise<void> {
    const { posts, turnId, now } = this.#answer;
    const rows = posts.ofTurn(turnId);
    await barePosts(rows, this.#means.venueOf, posts, effort);
    for (const row of rows) posts.move(row, to, now());
  }
}
