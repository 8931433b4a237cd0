/** Where an answer goes. */

import type { RESTPostAPIChannelMessagesThreadsJSONBody } from "discord-api-types/v10";
import * as z from "zod";
import { DISCORD_CODE, DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { DiscordTarget } from "../../../../shared/session/event.ts";
import type { Effort } from "../discord/venue.ts";

/** A channel, thread or DM, and the message in it that the answer replies to. */
export interface Destination {
  channelId: string;
  replyTo: string | null;
}

/** After so many minutes without a message Discord puts a thread away. */
const AUTO_ARCHIVE_MINUTES = 1_440;

const thread = z.object({ id: z.string() });

/** The channel that the message was written in; what nobody asked for replies to nothing. */
export function replyInChannel({ channelId, messageId }: DiscordTarget): Destination {
  return { channelId, replyTo: messageId ?? null };
}

/**
 * Finds the place for an answer, and starts its thread. A thread that was started before is found again: it has the
 * message's id.
 *
 * @param refused told when the thread cannot be had; the answer then goes to the channel.
 * @throws DiscordError when it may be tried again, or the token is no good.
 */
export async function findDestination(
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
    const started = thread.parse(await rest.request({ method: "POST", path, body, ...effort }));
    return { channelId: started.id, replyTo: null };
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    if (error.discordCode === DISCORD_CODE.threadExists) return { channelId: messageId, replyTo: null };
    if (!isFinal(error) || error.code === "unauthorized") throw error;
    refused(error);
    return replyInChannel(target);
  }
}
