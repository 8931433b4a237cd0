/** Which conversation a message belongs to, and where its answer goes. */
import type { DiscordTarget, Inability } from "../session/event.ts";
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

/** What decides about the way of a message, besides its place. */
export interface RoutingFacts {
  threadMode: DiscordSettings["threadMode"];
  /** The thread of this user below this channel, for `per-user`; `undefined` when there is none (any more). */
  userThread: string | undefined;
  /** The conversation that goes on in a thread, or in reply to a message, of another name. */
  continued: (placeId: string) => string | undefined;
  /** What the bot is known to be unable to do in the channel. */
  cannot: readonly Inability[];
  /** Index of the shard that has heard it. */
  shard: number;
}

/**
 * Routes a message that is answered. A thread that is started from a message has that message's id, so the conversation is
 * known before the thread is there.
 */
export function routeMessage(message: DiscordMessage, place: Place, facts: RoutingFacts): Route {
  const { cannot, shard, continued } = facts;
  const route = routeTo(message, place, facts);
  const target = {
    ...route.target,
    ...(cannot.length > 0 && { cannot }),
    ...(shard > 0 && { shard }),
  };
  return { conversation: continued(route.conversation) ?? route.conversation, target };
}

function routeTo(message: DiscordMessage, place: Place, facts: RoutingFacts): Route {
  const { channelId } = place;
  const here = { kind: "discord", channelId, messageId: message.id } as const;
  if (place.kind === "dm") return { conversation: channelId, target: here };
  const target = { ...here, guildId: place.guildId };
  const inChannel = { conversation: channelId, target };
  if (place.kind === "thread" || !canStartThreads(place.type)) return inChannel;
  const repliedTo = message.message_reference?.message_id;
  const goesOn = repliedTo == null ? undefined : facts.continued(repliedTo);
  if (goesOn !== undefined) return { conversation: goesOn, target };
  const inNewThread = (name: string): Route => ({
    conversation: message.id,
    target: { ...target, thread: { from: "message", name: threadName(name) } },
  });
  switch (facts.threadMode) {
    case "none":
      return inChannel;
    case "per-message":
      return inNewThread(datedName(message));
    case "per-document": {
      const [file] = message.attachments;
      return file ? inNewThread(file.filename) : inChannel;
    }
    case "per-user": {
      const name = displayName(message);
      if (facts.userThread === undefined) return inNewThread(name);
      const thread = { from: "earlier", id: facts.userThread, name: threadName(name) } as const;
      return { conversation: facts.userThread, target: { ...target, thread } };
    }
    default:
      return facts.threadMode satisfies never;
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
