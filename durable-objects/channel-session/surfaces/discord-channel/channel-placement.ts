import type { RESTPostAPIChannelMessagesThreadsJSONBody } from "discord-api-types/v10";
import * as z from "zod";
import { DISCORD_CODE, DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import { type Way, waysAround } from "../../../../shared/discord/other-ways.ts";
import { type DesiredPosts, nextPost, type PostAction } from "../../../../shared/discord/posting-plan.ts";
import { ChannelVenue } from "../discord/channel-venue.ts";
import type { PlacedAction, Placement } from "../discord/placement.ts";
import { toPost } from "../discord/post-store.ts";
import type { PostRow } from "../discord/schema.ts";
import type { Effort, Venue } from "../discord/venue.ts";
import { type AnswerInChannel, type Destination, replyInChannel } from "./destination.ts";
import { OtherPlaces } from "./other-places.ts";

/** After so many minutes without a message Discord puts a thread away. */
const AUTO_ARCHIVE_MINUTES = 1_440;
/** How long the limit of the threads of a channel is waited for, in milliseconds: it may last for minutes. */
const NOW_MS = 3_000;
/** A name that no rule of a server objects to. */
const PLAIN_NAME = "Thread";

const channel = z.object({ id: z.string() });

/**
 * An answer to a message: in its thread, or in its channel; and where that is gone, in another thread, the channel, or a DM to whoever
 * asked.
 */
export class ChannelPlacement implements Placement {
  readonly #options: AnswerInChannel;
  #destination: Promise<Destination> | undefined;
  readonly #others: OtherPlaces;
  #isReplying: boolean;

  constructor(options: AnswerInChannel) {
    this.#options = options;
    this.#others = new OtherPlaces(options, {
      startThread: async (name, effort) => (await this.#haveThread(name, effort)) === "made",
      venueOf: (row) => this.venueOf(row),
    });
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
    if (ways.includes("without-reply") && this.#isReplying) {
      const { notes, target, log } = this.#options;
      this.#isReplying = false;
      notes.cannot(target, "reply", error, log);
      return true;
    }
    const from = await this.#destination?.catch(() => undefined);
    const place = await this.#others.take(ways, error, { from: from?.channelId, effort });
    if (place) this.#destination = Promise.resolve(place);
    return place !== undefined;
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
    const { target, notes, log } = this.#options;
    const { messageId, thread, cannot } = target;
    if (thread?.from === "earlier") return { channelId: thread.id, place: "channel", replyTo: null };
    if (!thread || messageId === undefined || cannot?.includes("thread")) return replyInChannel(target);
    const had = await this.#haveThread(thread.name, effort);
    if (had === "made") return { channelId: messageId, place: "channel", replyTo: null };
    if (had !== "none") notes.cannot(target, "thread", had, log);
    return replyInChannel(target);
  }

  /**
   * Has the message's thread, which is asked for once: what nobody knows the outcome of is looked for before it is asked for again.
   *
   * @returns `made`, or why there is none now; `none` where that was found before.
   * @throws DiscordError when it may be tried again, or the token is no good.
   */
  async #haveThread(name: string, effort: Effort): Promise<"made" | "none" | DiscordError> {
    const { threads, target } = this.#options;
    const { messageId } = target;
    if (messageId === undefined) return "none";
    const is = <State extends "made" | "none">(state: State): State => {
      threads.set(messageId, state);
      return state;
    };
    const known = threads.stateOf(messageId);
    if (known === "made" || known === "none") return known;
    if (known === "asked" && (await this.#isThere(messageId, effort))) return is("made");
    threads.set(messageId, "asked");
    try {
      await this.#startThread(name, effort);
      return is("made");
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      if (error.discordCode === DISCORD_CODE.threadExists) return is("made");
      const isLimited = (error.waitMs ?? 0) > NOW_MS;
      if (!isLimited && !waysAround("thread", error).includes("in-channel")) throw error;
      is("none");
      return error;
    }
  }

  /** Discord gives the thread the id of its message. @throws DiscordError */
  async #startThread(name: string, effort: Effort): Promise<void> {
    const { rest, target } = this.#options;
    const path = `/channels/${target.channelId}/messages/${target.messageId}/threads`;
    const start = (called: string) => {
      const body: RESTPostAPIChannelMessagesThreadsJSONBody = {
        name: called,
        auto_archive_duration: AUTO_ARCHIVE_MINUTES,
      };
      return rest.request({ method: "POST", path, body, limitMs: NOW_MS, ...effort });
    };
    await start(name).catch((error: unknown) => {
      const isOfName = error instanceof DiscordError && waysAround("thread", error).includes("plain-name");
      if (!isOfName) throw error;
      return start(PLAIN_NAME);
    });
  }

  async #isThere(threadId: string, effort: Effort): Promise<boolean> {
    const { rest } = this.#options;
    try {
      await rest.read(channel, { method: "GET", path: `/channels/${threadId}`, ...effort });
      return true;
    } catch (error) {
      if (error instanceof DiscordError && isFinal(error) && error.code !== "unauthorized") return false;
      throw error;
    }
  }
}
