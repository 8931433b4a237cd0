/** Which conversation a message belongs to, and where its answer goes. */
import type { DiscordTarget } from "../session/event.ts";
import { canStartThreads } from "./channel-types.ts";
import { displayName } from "./inbound-event.ts";
import type { DiscordMessage } from "./read-message.ts";
import type { DiscordSettings } from "./settings.ts";
import { snowflakeTime } from "./snowflake.ts";
import type { Place } from "./who-is-answered.ts";

/** Longest name of a thread, in UTF-16 code units (Discord, "Start Thread from Message"). */
export const MAX_THREAD_NAME = 100;

/** Where a message goes. */
export interface Route {
  /** The session: the id of the thread that the message is in, or will be in, else of its channel. */
  conversation: string;
  target: DiscordTarget;
}

/**
 * Routes a message that is answered. A thread that is started from a message has that message's id, so the conversation is
 * known before the thread is there.
 *
 * @param userThread the thread of this user below this channel, for `per-user`; `undefined` when there is none (any more).
 */
export function routeMessage(
  message: DiscordMessage,
  place: Place,
  { threadMode, userThread }: Pick<DiscordSettings, "threadMode"> & { userThread: string | undefined },
): Route {
  const { channelId } = place;
  const here = { kind: "discord", channelId, messageId: message.id } as const;
  if (place.kind === "dm") return { conversation: channelId, target: here };
  const target = { ...here, guildId: place.guildId };
  const inChannel = { conversation: channelId, target };
  if (place.kind === "thread" || !canStartThreads(place.type)) return inChannel;
  const inNewThread = (name: string): Route => ({
    conversation: message.id,
    target: { ...target, thread: { from: "message", name: threadName(name) } },
  });
  switch (threadMode) {
    case "none":
      return inChannel;
    case "per-message":
      return inNewThread(datedName(message));
    case "per-document": {
      const [file] = message.attachments;
      return file ? inNewThread(file.filename) : inChannel;
    }
    case "per-user":
      return userThread === undefined
        ? inNewThread(displayName(message))
        : { conversation: userThread, target: { ...target, thread: { from: "earlier", id: userThread } } };
    default:
      return threadMode satisfies never;
  }
}

/** `<display name> — <date>`; a long name is cut, never the date. */
function datedName(message: DiscordMessage): string {
  const date = ` — ${new Date(snowflakeTime(message.id)).toISOString().slice(0, 10)}`;
  return cutName(displayName(message), MAX_THREAD_NAME - date.length) + date;
}

/** Discord refuses a thread whose name is blank. */
function threadName(name: string): string {
  return cutName(name.trim(), MAX_THREAD_NAME) || "Thread";
}

/** Cuts between characters, not inside a surrogate pair. */
function cutName(name: string, length: number): string {
  if (name.length <= length) return name;
  const cut = name.slice(0, length);
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
