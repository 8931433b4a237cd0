import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordTarget } from "../../../../shared/session/event.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { ChannelNotes } from "./channel-notes.ts";
import type { ThreadStore } from "./thread-store.ts";

/** A channel, thread or DM, and the message in it that the answer replies to. */
export interface Destination {
  channelId: string;
  place: "channel" | "dm";
  replyTo: string | null;
}

/** An answer that is to be said in a channel, and what that takes. */
export interface AnswerInChannel {
  turnId: string;
  target: DiscordTarget;
  /** Who wrote the message that is answered; their Discord id. */
  askedBy: string;
  rest: DiscordRest;
  posts: PostStore;
  threads: ThreadStore;
  notes: ChannelNotes;
  log: Logger;
  now: () => number;
}

/** The channel that the message was written in; what nobody asked for replies to nothing. */
export function replyInChannel({ channelId, messageId }: DiscordTarget): Destination {
  return { channelId, place: "channel", replyTo: messageId ?? null };
}
