/** Messages and reactions over REST, as the bot. */
import type {
  APIMessage,
  RESTPatchAPIChannelMessageJSONBody,
  RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import { Hono } from "hono";
import { withoutHiddenContent } from "../hidden-content.ts";
import { addReaction, deleteMessage, editMessage, postMessage, removeReaction } from "../messages.ts";
import { messagePayload } from "../payloads.ts";
import {
  cannotReply,
  invalidField,
  missingPermissions,
  notTheAuthor,
  threadArchived,
  unknownEmoji,
} from "../problem.ts";
import { compareSnowflakes } from "../snowflake.ts";
import type { ChannelState, MessageState } from "../state.ts";
import type { Store } from "../store.ts";
import { bodyOf, type RestContext, type RestEnv, type RestState } from "./context.ts";
import { contentsOf, NOTHING } from "./message-body.ts";

const DEFAULT_PAGE = 50;

export function messageRoutes({ store, nonces, interactions }: RestState): Hono<RestEnv> {
  const shown = (message: MessageState): APIMessage => {
    const payload = messagePayload(store, message);
    if (interactions.application.readsContent) return payload;
    const isDm = store.channel(message.channelId).kind === "dm";
    return withoutHiddenContent(payload, { botId: store.bot.id, isDm });
  };
  const messageOf = (c: RestContext): MessageState => {
    const channel = store.channel(c.req.param("channel") ?? "");
    store.demand(channel);
    return store.message(channel.id, c.req.param("message") ?? "");
  };

  return new Hono<RestEnv>()
    .get("/channels/:channel/messages", (c) => {
      const channel = store.channel(c.req.param("channel"));
      store.demand(channel);
      // Without READ_MESSAGE_HISTORY Discord answers no messages, and no error.
      const readable = store.may(channel, "READ_MESSAGE_HISTORY") ? channel.messages : [];
      return c.json(page(readable, c.req.query()).map(shown));
    })
    .get("/channels/:channel/messages/:message", (c) => {
      store.demand(store.channel(c.req.param("channel")), "READ_MESSAGE_HISTORY");
      return c.json(shown(messageOf(c)));
    })
    .post("/channels/:channel/messages", (c) => {
      const channel = store.channel(c.req.param("channel"));
      const body = bodyOf<RESTPostAPIChannelMessageJSONBody>(c);
      demandWriting(store, channel, c.var.body.files.size > 0);
      const { nonce, enforce_nonce } = body;
      const earlier = enforce_nonce && nonce !== undefined ? nonces.find(store.bot.id, nonce) : undefined;
      if (earlier !== undefined) return c.json(shown(earlier));
      const message = postMessage(store, {
        channelId: channel.id,
        authorId: store.bot.id,
        content: "",
        ...contentsOf(store, body, c.var.body.files, NOTHING),
        reference: referenceOf(store, channel, body),
        ...(nonce === undefined ? {} : { nonce }),
      });
      nonces.remember(message);
      return c.json(shown(message));
    })
    .patch("/channels/:channel/messages/:message", (c) => {
      const message = messageOf(c);
      if (message.authorId !== store.bot.id) throw notTheAuthor();
      demandOpen(store.channel(message.channelId));
      const body = bodyOf<RESTPatchAPIChannelMessageJSONBody>(c);
      editMessage(store, message, contentsOf(store, body, c.var.body.files, message));
      return c.json(shown(message));
    })
    .delete("/channels/:channel/messages/:message", (c) => {
      const message = messageOf(c);
      // The bot has no MANAGE_MESSAGES.
      if (message.authorId !== store.bot.id) throw missingPermissions();
      demandOpen(store.channel(message.channelId));
      deleteMessage(store, message);
      return c.body(null, 204);
    })
    .put("/channels/:channel/messages/:message/reactions/:emoji/@me", (c) => {
      const message = messageOf(c);
      const channel = store.channel(message.channelId);
      store.demand(channel, "READ_MESSAGE_HISTORY", "ADD_REACTIONS");
      demandOpen(channel);
      addReaction(store, message, store.bot.id, knownEmoji(c.req.param("emoji")));
      return c.body(null, 204);
    })
    .delete("/channels/:channel/messages/:message/reactions/:emoji/@me", (c) => {
      const message = messageOf(c);
      demandOpen(store.channel(message.channelId));
      removeReaction(store, message, store.bot.id, knownEmoji(c.req.param("emoji")));
      return c.body(null, 204);
    });
}

/** Newest first, as Discord answers; the query has been checked. */
function page(messages: readonly MessageState[], query: Record<string, string>): MessageState[] {
  const { before, after, around } = query;
  const limit = Number(query.limit ?? DEFAULT_PAGE);
  const isBefore = (id: string) => (message: MessageState) => compareSnowflakes(message.id, id) < 0;
  const isAfter = (id: string) => (message: MessageState) => compareSnowflakes(message.id, id) > 0;
  if (around !== undefined) {
    const half = Math.floor(limit / 2);
    const older = messages.filter(isBefore(around)).slice(-half);
    const rest = messages.filter((message) => !isBefore(around)(message)).slice(0, limit - older.length);
    return [...older, ...rest].reverse();
  }
  // `after` answers the oldest of what is newer: that is how one reads on.
  if (after !== undefined) return messages.filter(isAfter(after)).slice(0, limit).reverse();
  const older = before === undefined ? messages : messages.filter(isBefore(before));
  return older.slice(-limit).reverse();
}

function demandWriting(store: Store, channel: ChannelState, withFiles: boolean): void {
  store.demand(channel, channel.kind === "thread" ? "SEND_MESSAGES_IN_THREADS" : "SEND_MESSAGES");
  if (withFiles) store.demand(channel, "ATTACH_FILES");
  if (channel.kind !== "thread" || !channel.locked) return;
  if (channel.archived) throw threadArchived();
  store.demand(channel, "MANAGE_THREADS");
}

/** Nothing can be changed in an archived thread; writing opens it first. */
function demandOpen(channel: ChannelState): void {
  if (channel.kind === "thread" && channel.archived) throw threadArchived();
}

/**
 * @throws DiscordProblem 160002 without READ_MESSAGE_HISTORY, 50035 when the message is not there and the request does not
 * say that this is fine
 */
function referenceOf(
  store: Store,
  channel: ChannelState,
  { message_reference: reference }: RESTPostAPIChannelMessageJSONBody,
): MessageState["reference"] {
  const messageId = reference?.message_id;
  if (!reference || !messageId) return null;
  if (reference.channel_id !== undefined && reference.channel_id !== channel.id) {
    throw invalidField(
      ["message_reference"],
      "REPLIES_CANNOT_REFERENCE_OTHER_CHANNEL",
      "Cannot reply to a message in a different channel",
    );
  }
  if (!store.may(channel, "READ_MESSAGE_HISTORY")) throw cannotReply();
  if (store.findMessage(channel.id, messageId) !== undefined) return { channelId: channel.id, messageId };
  if (reference.fail_if_not_exists === false) return null;
  throw invalidField(["message_reference"], "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
}

function knownEmoji(emoji: string): string {
  if (/^(\w+:\d+|\p{Extended_Pictographic}.*|\p{Regional_Indicator}{2}|[#*\d]\uFE0F?\u20E3)$/u.test(emoji))
    return emoji;
  throw unknownEmoji();
}
