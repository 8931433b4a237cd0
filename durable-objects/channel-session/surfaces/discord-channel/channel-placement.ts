import * as z from "zod";
import type { DiscordError } from "../../../../shared/discord/errors.ts";
import type { Way } from "../../../../shared/discord/other-ways.ts";
import { type DesiredPosts, nextPost, type PostAction } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordTarget } from "../../../../shared/session/event.ts";
import { barePosts } from "../discord/bare-posts.ts";
import { ChannelVenue } from "../discord/channel-venue.ts";
import type { PlacedAction, Placement } from "../discord/placement.ts";
import { type PostStore, toPost } from "../discord/post-store.ts";
import type { PostRow } from "../discord/schema.ts";
import type { Effort, Venue } from "../discord/venue.ts";
import type { ChannelNotes } from "./channel-notes.ts";
import type { MessageThreads } from "./message-threads.ts";

/** A channel, thread or DM, and the message in it that the answer replies to. */
interface Destination {
  channelId: string;
  place: "channel" | "dm";
  replyTo: string | null;
}

/** What a {@link ChannelPlacement} needs. */
export interface ChannelPlacementOptions {
  turnId: string;
  target: DiscordTarget;
  /** Who wrote the message that is answered; their Discord id. */
  askedBy: string;
  rest: DiscordRest;
  posts: PostStore;
  threads: MessageThreads;
  notes: ChannelNotes;
  log: Logger;
  now: () => number;
}

/** Name of a thread that is started where one with a name of its own is gone. */
const NAMELESS = "Thread";

const dmChannel = z.object({ id: z.string() });

/**
 * An answer to a message: in its thread, or in its channel; and where that is gone, in another thread, the channel, or a DM to whoever
 * asked.
 */
export class ChannelPlacement implements Placement {
  readonly #options: ChannelPlacementOptions;
  #destination: Promise<Destination> | undefined;
  /** Other ways that were taken; each is taken once. */
  readonly #taken = new Set<Way>();
  #isReplying: boolean;

  constructor(options: ChannelPlacementOptions) {
    this.#options = options;
    this.#isReplying = !options.target.cannot?.includes("reply");
  }

  get isWithoutFiles(): boolean {
    return this.#options.target.cannot?.includes("file") === true;
  }

  isShown(desired: DesiredPosts): boolean {
    return this.#nextPost(desired).do === "nothing";
  }

  async next(desired: DesiredPosts, effort: Effort): Promise<PlacedAction | undefined> {
    const { rest, posts } = this.#options;
    const action = this.#nextPost(desired);
    if (action.do === "nothing") return undefined;
    const { channelId, place, replyTo } = await this.#findDestination(effort);
    const reply = replyTo === null || !this.#isReplying ? null : { part: 0, to: replyTo };
    return { action, venue: new ChannelVenue({ rest, posts, channelId, place, reply }) };
  }

  venueOf({ channelId, place }: PostRow): Venue | undefined {
    const { rest, posts } = this.#options;
    return place === "token" ? undefined : new ChannelVenue({ rest, posts, channelId, place, reply: null });
  }

  async prepare(effort: Effort): Promise<void> {
    await this.#findDestination(effort);
  }

  async typingIn(effort: Effort): Promise<string> {
    return (await this.#findDestination(effort)).channelId;
  }

  remark(): null {
    return null;
  }

  withoutFiles(error: DiscordError): void {
    const { notes, target, log } = this.#options;
    notes.cannot(target, "file", error, log);
  }

  /** An answer that has not come where it was to come goes on in replies to it. */
  delivered(): void {
    const { target, notes, posts, turnId, log } = this.#options;
    if (target.thread?.from !== "message") return;
    const here = posts.ofTurn(turnId).filter(({ channelId }) => channelId === target.channelId);
    const ids = here.flatMap(({ messageId }) => messageId ?? []);
    if (ids.length > 0) notes.goesOn(target, ids, log);
  }

  async hasOther(error: DiscordError, ways: readonly Way[], effort: Effort): Promise<boolean> {
    for (const way of ways) if (!this.#taken.has(way) && (await this.#take(way, error, effort))) return true;
    return false;
  }

  async #take(way: Way, error: DiscordError, effort: Effort): Promise<boolean> {
    const { target, notes, log } = this.#options;
    switch (way) {
      case "without-reply":
        if (!this.#isReplying) return false;
        this.#isReplying = false;
        notes.cannot(target, "reply", error, log);
        break;
      case "new-thread":
      case "in-channel":
      case "in-dm": {
        const from = await this.#destination?.catch(() => undefined);
        const to = await this.#other(way, from?.channelId, effort);
        if (to === undefined) return false;
        await this.#move(to, effort);
        if (way === "in-channel") notes.cannot(target, "thread", error, log);
        break;
      }
      default:
        return false;
    }
    this.#taken.add(way);
    log.log("warn", "discord.other_way", { way, cause: error.message });
    return true;
  }

  /** @param from where Discord did not take it; `undefined`: where it is now. */
  async #other(
    way: "new-thread" | "in-channel" | "in-dm",
    from: string | undefined,
    effort: Effort,
  ): Promise<Destination | undefined> {
    const { target, askedBy, rest, posts, turnId } = this.#options;
    const current = posts.ofTurn(turnId)[0]?.channelId ?? from;
    if (current === undefined) return undefined;
    switch (way) {
      case "new-thread":
        return target.thread?.from === "earlier" && current === target.thread.id
          ? this.#startInstead(target.thread, effort)
          : undefined;
      case "in-channel":
        return current === target.channelId ? undefined : replyInChannel(target);
      case "in-dm": {
        if (target.guildId === undefined || target.messageId === undefined) return undefined;
        const body = { recipient_id: askedBy };
        const path = "/users/@me/channels";
        const { id } = await rest.read(dmChannel, { method: "POST", path, body, ...effort });
        return { channelId: id, place: "dm", replyTo: null };
      }
      default:
        return way satisfies never;
    }
  }

  /** A thread in the place of one that is gone; the conversation goes on in it. */
  async #startInstead(
    { id, name = NAMELESS }: { id: string; name?: string },
    effort: Effort,
  ): Promise<Destination | undefined> {
    const { target, threads, notes, log } = this.#options;
    const { channelId, messageId } = target;
    if (messageId === undefined) return undefined;
    if ((await threads.have({ channelId, messageId, name }, effort)) !== "made") return undefined;
    notes.goesOn(target, [messageId], log, id);
    return { channelId: messageId, place: "channel", replyTo: null };
  }

  /** The answer stands nowhere but there: what stands elsewhere has nothing to press any more, and is none of its. */
  async #move(to: Destination, effort: Effort): Promise<void> {
    const { posts, turnId, now } = this.#options;
    const rows = posts.ofTurn(turnId);
    await barePosts(rows, (row) => this.venueOf(row), posts, effort);
    for (const row of rows) posts.move(row, to, now());
    this.#destination = Promise.resolve(to);
  }

  #nextPost(desired: DesiredPosts): PostAction {
    const { posts, turnId } = this.#options;
    return nextPost(desired, posts.ofTurn(turnId).map(toPost));
  }

  /** Where the answer goes: where its beginning is, if any of it was posted before. */
  #findDestination(effort: Effort): Promise<Destination> {
    const { target, posts, turnId } = this.#options;
    const [first] = posts.ofTurn(turnId);
    if (first) {
      const { channelId } = first;
      const place = first.place === "dm" ? "dm" : "channel";
      const replyTo = channelId === target.channelId ? replyInChannel(target).replyTo : null;
      return Promise.resolve({ channelId, place, replyTo });
    }
    this.#destination ??= this.#open(effort).catch((error: unknown) => {
      this.#destination = undefined;
      throw error;
    });
    return this.#destination;
  }

  /**
   * Finds the place for an answer, and starts its thread.
   *
   * @throws DiscordError when it may be tried again, or the token is no good.
   */
  async #open(effort: Effort): Promise<Destination> {
    const { target, threads, notes, log } = this.#options;
    const { channelId, messageId, thread, cannot } = target;
    if (thread?.from === "earlier") return { channelId: thread.id, place: "channel", replyTo: null };
    if (!thread || messageId === undefined || cannot?.includes("thread")) return replyInChannel(target);
    const had = await threads.have({ channelId, messageId, name: thread.name }, effort);
    if (had === "made") return { channelId: messageId, place: "channel", replyTo: null };
    if (had !== "none") notes.cannot(target, "thread", had, log);
    return replyInChannel(target);
  }
}

/** The channel that the message was written in; what nobody asked for replies to nothing. */
function replyInChannel({ channelId, messageId }: DiscordTarget): Destination {
  return { channelId, place: "channel", replyTo: messageId ?? null };
}
