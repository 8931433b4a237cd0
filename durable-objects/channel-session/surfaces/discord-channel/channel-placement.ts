import type { RESTPostAPIChannelMessagesThreadsJSONBody } from "discord-api-types/v10";
import * as z from "zod";
import { DISCORD_CODE, DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import { type DesiredPosts, nextPost, type PostAction } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { DiscordTarget } from "../../../../shared/session/event.ts";
import { ChannelVenue } from "../discord/channel-venue.ts";
import type { PlacedAction, Placement } from "../discord/placement.ts";
import { type PostStore, toPost } from "../discord/post-store.ts";
import type { Effort } from "../discord/venue.ts";

/** A channel, thread or DM, and the message in it that the answer replies to. */
interface Destination {
  channelId: string;
  replyTo: string | null;
}

/** After so many minutes without a message Discord puts a thread away. */
const AUTO_ARCHIVE_MINUTES = 1_440;

const thread = z.object({ id: z.string() });

/** The bot may not have a thread in a channel. */
export interface ThreadRefusal {
  channel: string;
  error: DiscordError;
}

/** What a {@link ChannelPlacement} needs. */
export interface ChannelPlacementOptions {
  turnId: string;
  target: DiscordTarget;
  rest: DiscordRest;
  posts: PostStore;
  threadRefused: (refusal: ThreadRefusal) => void;
}

/** An answer to a message: in its thread, or in its channel. */
export class ChannelPlacement implements Placement {
  readonly #options: ChannelPlacementOptions;
  #destination: Promise<Destination> | undefined;

  constructor(options: ChannelPlacementOptions) {
    this.#options = options;
  }

  isShown(desired: DesiredPosts): boolean {
    return this.#nextPost(desired).do === "nothing";
  }

  async next(desired: DesiredPosts, effort: Effort): Promise<PlacedAction | undefined> {
    const { rest, posts } = this.#options;
    const action = this.#nextPost(desired);
    if (action.do === "nothing") return undefined;
    const { channelId, replyTo } = await this.#findDestination(effort);
    const reply = replyTo === null ? null : { part: 0, to: replyTo };
    return { action, venue: new ChannelVenue({ rest, posts, channelId, place: "channel", reply }) };
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

  /** A thread that is gone, or that the bot may not write in, costs the thread only. */
  async hasOther(error: DiscordError): Promise<boolean> {
    const { target, posts, turnId, threadRefused } = this.#options;
    const isUnbegun = posts.ofTurn(turnId).length === 0;
    const isElsewhere = error.code === "forbidden" || error.code === "not_found";
    const destination = await this.#destination?.catch(() => undefined);
    if (!isUnbegun || !isElsewhere || !destination || destination.channelId === target.channelId)
      return false;
    threadRefused({ channel: target.channelId, error });
    this.#destination = Promise.resolve(replyInChannel(target));
    return true;
  }

  #nextPost(desired: DesiredPosts): PostAction {
    const { posts, turnId } = this.#options;
    return nextPost(desired, posts.ofTurn(turnId).map(toPost));
  }

  /** Where the answer goes: where its beginning is, if any of it was posted before. */
  #findDestination(effort: Effort): Promise<Destination> {
    const { rest, target, posts, turnId, threadRefused } = this.#options;
    const [first] = posts.ofTurn(turnId);
    if (first) {
      const reply = first.channelId === target.channelId ? replyInChannel(target).replyTo : null;
      return Promise.resolve({ channelId: first.channelId, replyTo: reply });
    }
    this.#destination ??= findDestination(rest, target, effort, (error) =>
      threadRefused({ channel: target.channelId, error }),
    ).catch((error: unknown) => {
      this.#destination = undefined;
      throw error;
    });
    return this.#destination;
  }
}

/** The channel that the message was written in; what nobody asked for replies to nothing. */
function replyInChannel({ channelId, messageId }: DiscordTarget): Destination {
  return { channelId, replyTo: messageId ?? null };
}

/**
 * Finds the place for an answer, and starts its thread. A thread that was started before is found again: it has the
 * message's id.
 *
 * @param refused told when the thread cannot be had; the answer then goes to the channel.
 * @throws DiscordError when it may be tried again, or the token is no good.
 */
async function findDestination(
  rest: DiscordRest,
  target: DiscordTarget,
  effort: Effort,
  refused: (error: DiscordError) => void,
): Promise<Destination> {
  const { channelId, messageId } = target;
  if (!target.thread) return replyInChannel(target);
  if (target.thread.from === "earlier") return { channelId: target.thread.id, replyTo: null };
  if (messageId === undefined) return replyInChannel(target);
  const body: RESTPostAPIChannelMessagesThreadsJSONBody = {
    name: target.thread.name,
    auto_archive_duration: AUTO_ARCHIVE_MINUTES,
  };
  const path = `/channels/${channelId}/messages/${messageId}/threads`;
  try {
    const started = await rest.read(thread, { method: "POST", path, body, ...effort });
    return { channelId: started.id, replyTo: null };
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    if (error.discordCode === DISCORD_CODE.threadExists) return { channelId: messageId, replyTo: null };
    if (!isFinal(error) || error.code === "unauthorized") throw error;
    refused(error);
    return replyInChannel(target);
  }
}
