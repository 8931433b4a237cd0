/**
 * What enters a session. Every door (web chat, Discord, webhooks, cron, assignments) turns what it received into one
 * {@link InboundEvent}; behind the door nothing differs but the {@link ReplyTarget}.
 */

import type { Command } from "../commands/command.ts";
import type { Attachment } from "./attachment.ts";

/** Where the answer goes. */
export type ReplyTarget =
  /** The playground: the answer is shown to every socket of the conversation, and kept for those that come later. */
  | { kind: "chat" }
  | DiscordTarget
  | DiscordWebhookTarget
  | InteractionTarget
  /** Nowhere: the conversation keeps it. */
  | { kind: "none" };

/** An answer in a Discord channel, thread or DM. */
export interface DiscordTarget {
  kind: "discord";
  /** Channel, thread or DM in which the message was written, or in which something is to be said. */
  channelId: string;
  /** The message that is answered; absent where nobody wrote one. */
  messageId?: string;
  /** Absent in a DM. */
  guildId?: string;
  /**
   * Where the answer goes when that is not `channelId`: a thread to be started from the message (Discord gives it the
   * message's id), or one that is there. `name` is at most 100 characters.
   */
  thread?: { from: "message"; name: string } | { from: "earlier"; id: string; name?: string };
  /** What the bot is known to be unable to do in `channelId` for the moment. */
  cannot?: readonly Inability[];
  /** Index of the shard that has heard the message; absent for 0. */
  shard?: number;
}

/** What a bot may not do in a channel, or not now: start a thread, refer to a message, attach a file. */
export type Inability = "thread" | "reply" | "file";

/** An answer by way of a Discord webhook. Its URL is a secret, which is looked up when it is needed and never stored. */
export interface DiscordWebhookTarget {
  kind: "discord-webhook";
  url: /** The name of the secret that is the URL. */
    | { secret: string }
    /** The place in `character.json` where the URL is written. */
    | { cron: string }
    | { webhooks: string }
    | { section: "assignments" };
  /** Id of a thread in the webhook's channel. */
  threadId?: string;
}

/**
 * An answer to an interaction of Discord's, which was deferred. While its token lives, the answer goes by the token; what is
 * not said by then goes to the channel, or to the user where only they may read it.
 */
export interface InteractionTarget {
  kind: "interaction";
  /** The interaction's id. */
  id: string;
  applicationId: string;
  /** A secret for as long as it lives. */
  token: string;
  /** When the token ends, in Unix milliseconds. */
  expiresAt: number;
  /** Only the user sees the answer; the deferral has settled that. */
  isPrivate: boolean;
  userId: string;
  channelId?: string;
  /** Absent outside of a server. */
  guildId?: string;
}

/** Who said it. */
export interface Author {
  /** Stable and unique within the door it came through, e.g. a Discord user id. */
  id: string;
  /** What the model calls them. */
  name: string;
}

/** One message for the agent. `id` is its identity for ever: the same id again is the same event, whatever else it says. */
export interface InboundEvent {
  /** `<door>:<id there>`, at most {@link MAX_EVENT_ID} characters. */
  id: string;
  author: Author;
  text: string;
  /** Files that came with it, at most `MAX_ATTACHMENTS`. */
  attachments?: readonly Attachment[];
  target: ReplyTarget;
  /** It is answered without the model; `text` then says it in words. */
  command?: Command;
  /** An answer of `[quiet]`, or an empty one, is kept and not posted: nobody asked, so nobody waits. */
  mayBeQuiet?: true;
}

/** Longest event id, in UTF-16 code units. */
export const MAX_EVENT_ID = 200;

/** Who writes and decides in the playground: whoever holds the admin token. */
export const OPERATOR: Author = { id: "playground", name: "Operator" };

/** What somebody sends in the web chat. */
export interface ChatMessage {
  id: string;
  text: string;
  attachments?: readonly Attachment[] | undefined;
}

/** A message of the web chat. `id` is unique within its conversation. */
export function chatEvent({ id, text, attachments }: ChatMessage): InboundEvent {
  const files = attachments?.length ? { attachments } : {};
  return { id: `chat:${id}`, author: OPERATOR, text, ...files, target: { kind: "chat" } };
}
