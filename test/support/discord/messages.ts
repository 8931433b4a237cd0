/** What can be done to messages, by people and by the bot alike. Who may do it is asked elsewhere. */
import type {
  APIAllowedMentions,
  APIEmbed,
  APIMessageComponent,
  APIMessageInteractionMetadata,
} from "discord-api-types/v10";
import { checkedComponents } from "./components.ts";
import { resolveMentions } from "./mentions.ts";
import { emojiPayload, memberPayload, messageDispatch, messagePayload } from "./payloads.ts";
import { emptyMessage, invalidField } from "./problem.ts";
import {
  type AttachmentState,
  type ChannelState,
  MESSAGE_FLAGS,
  MESSAGE_TYPES,
  type MessageState,
} from "./state.ts";
import type { Store } from "./store.ts";
import { setThread } from "./thread-change.ts";

/** Longest text of a message, in UTF-16 code units. */
export const MAX_CONTENT = 2000;

/** A message that is about to be. */
export interface Draft {
  channelId: string;
  authorId: string;
  content: string;
  type?: MessageState["type"];
  nonce?: string | number;
  attachments?: AttachmentState[];
  embeds?: APIEmbed[];
  components?: APIMessageComponent[];
  flags?: number;
  allowedMentions?: APIAllowedMentions;
  reference?: MessageState["reference"] | undefined;
  interaction?: APIMessageInteractionMetadata;
  /**
   * The one user who sees it. It stands in no channel then, and goes "directly to the user and the bot who sent the message":
   * the Gateway tells of it as of a DM, without a guild, though with the id of the guild's channel ("Message Create").
   */
  ephemeralTo?: string | null;
}

/**
 * Adds a message. An archived thread is opened by it.
 *
 * @throws DiscordProblem 50006 when there is nothing in it, 50035 when it is too long
 */
export function postMessage(store: Store, draft: Draft): MessageState {
  const channel = store.channel(draft.channelId);
  const content = checkedContent(draft.content);
  const isSystem = draft.type === MESSAGE_TYPES.threadCreated || draft.type === MESSAGE_TYPES.threadStarter;
  const { attachments = [], embeds = [], flags = 0 } = draft;
  const components = checkedComponents({ content, embeds, components: draft.components ?? [], flags });
  const isEmpty = [content, attachments, embeds, components].every(({ length }) => length === 0);
  if (isEmpty && !isSystem && (flags & MESSAGE_FLAGS.loading) === 0) throw emptyMessage();
  if (channel.kind === "thread" && channel.archived && !isSystem)
    setThread(store, channel, { archived: false });
  const message: MessageState = {
    id: store.newId(),
    channelId: channel.id,
    authorId: draft.authorId,
    type: draft.type ?? (draft.reference ? MESSAGE_TYPES.reply : MESSAGE_TYPES.default),
    content,
    nonce: draft.nonce ?? null,
    attachments,
    embeds,
    components,
    flags,
    mentions: mentionsOf(store, channel, content, draft.allowedMentions, draft.reference ?? null),
    reference: draft.reference ?? null,
    reactions: new Map(),
    editedAt: null,
    versions: [{ content, at: store.now() }],
    deletedAt: null,
    interaction: draft.interaction ?? null,
    ephemeralTo: draft.ephemeralTo ?? null,
  };
  if (message.ephemeralTo !== null) {
    store.ephemerals.set(message.id, message);
    store.emit({ t: "MESSAGE_CREATE", d: messagePayload(store, message) });
    return message;
  }
  channel.messages.push(message);
  channel.lastMessageId = message.id;
  if (channel.kind === "thread" && !isSystem) channel.messagesSent += 1;
  emit(store, "MESSAGE_CREATE", channel, messageDispatch(store, message));
  return message;
}

/** What an edit changes; what is absent stays. */
export interface Edit {
  content?: string;
  attachments?: AttachmentState[];
  embeds?: APIEmbed[];
  components?: APIMessageComponent[];
  flags?: number;
  allowedMentions?: APIAllowedMentions;
}

/** @throws DiscordProblem 50006 when nothing would be left, 50035 when it is too long */
export function editMessage(store: Store, message: MessageState, edit: Edit): void {
  const channel = store.channel(message.channelId);
  const content = edit.content === undefined ? message.content : checkedContent(edit.content);
  const { attachments = message.attachments, embeds = message.embeds, flags = message.flags } = edit;
  const components = checkedComponents({
    content,
    embeds,
    components: edit.components ?? message.components,
    flags,
  });
  if ([content, attachments, embeds, components].every(({ length }) => length === 0)) throw emptyMessage();
  const at = store.now();
  // What was only announced is not shown as edited when it comes.
  const isAnnounced = (message.flags & MESSAGE_FLAGS.loading) !== 0;
  const editedAt = isAnnounced ? null : at;
  Object.assign(message, { content, attachments, embeds, components, editedAt });
  message.flags = flags & ~MESSAGE_FLAGS.loading;
  if (edit.content !== undefined) {
    message.mentions = mentionsOf(store, channel, content, edit.allowedMentions, message.reference);
    message.versions.push({ content, at });
  }
  if (message.ephemeralTo !== null) store.emit({ t: "MESSAGE_UPDATE", d: messagePayload(store, message) });
  else emit(store, "MESSAGE_UPDATE", channel, messageDispatch(store, message));
}

export function deleteMessage(store: Store, message: MessageState): void {
  if (store.ephemerals.delete(message.id)) {
    message.deletedAt = store.now();
    store.emit({ t: "MESSAGE_DELETE", d: { id: message.id, channel_id: message.channelId } });
    return;
  }
  const channel = store.channel(message.channelId);
  channel.messages.splice(channel.messages.indexOf(message), 1);
  message.deletedAt = store.now();
  store.bury(message);
  emit(store, "MESSAGE_DELETE", channel, { id: message.id, channel_id: channel.id, ...guildField(channel) });
}

/** Reacting twice with the same emoji changes nothing. */
export function addReaction(store: Store, message: MessageState, userId: string, emoji: string): void {
  const users = message.reactions.get(emoji) ?? new Set();
  if (users.has(userId)) return;
  users.add(userId);
  message.reactions.set(emoji, users);
  const channel = store.channel(message.channelId);
  const member = channel.kind === "dm" ? undefined : store.guild(channel.guildId).members.get(userId);
  emit(store, "MESSAGE_REACTION_ADD", channel, {
    ...reactionEvent(channel, message, userId, emoji),
    message_author_id: message.authorId,
    ...(member === undefined ? {} : { member: memberPayload(store, member) }),
  });
}

export function removeReaction(store: Store, message: MessageState, userId: string, emoji: string): void {
  const users = message.reactions.get(emoji);
  if (!users?.delete(userId)) return;
  if (users.size === 0) message.reactions.delete(emoji);
  const channel = store.channel(message.channelId);
  emit(store, "MESSAGE_REACTION_REMOVE", channel, reactionEvent(channel, message, userId, emoji));
}

/** TYPING_START, which clients show for ten seconds. */
export function startTyping(store: Store, channel: ChannelState, userId: string): void {
  const member = channel.kind === "dm" ? undefined : store.guild(channel.guildId).members.get(userId);
  emit(store, "TYPING_START", channel, {
    channel_id: channel.id,
    user_id: userId,
    timestamp: Math.floor(store.now() / 1000),
    ...guildField(channel),
    ...(member === undefined ? {} : { member: memberPayload(store, member) }),
  });
}

/** Tells that a message changed in what is computed, such as its thread. */
export function emitMessageUpdate(store: Store, message: MessageState): void {
  emit(store, "MESSAGE_UPDATE", store.channel(message.channelId), messageDispatch(store, message));
}

function reactionEvent(channel: ChannelState, message: MessageState, userId: string, emoji: string) {
  return {
    user_id: userId,
    channel_id: channel.id,
    message_id: message.id,
    emoji: emojiPayload(emoji),
    burst: false,
    type: 0,
    ...guildField(channel),
  };
}

/** Discord cuts white space at both ends, and takes text of characters that show nothing (U+200B and its like) for none. */
function checkedContent(content: string): string {
  const trimmed = /^[\s\p{Cf}]*$/u.test(content) ? "" : content.trim();
  if (trimmed.length <= MAX_CONTENT) return trimmed;
  throw invalidField(["content"], "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_CONTENT} or fewer in length.`);
}

function mentionsOf(
  store: Store,
  channel: ChannelState,
  content: string,
  allowed: APIAllowedMentions | undefined,
  reference: MessageState["reference"],
) {
  const guild = channel.kind === "dm" ? undefined : store.guild(channel.guildId);
  const repliedTo = reference?.messageId
    ? store.findMessage(reference.channelId, reference.messageId)
    : undefined;
  return resolveMentions(content, allowed, repliedTo?.authorId ?? null, {
    isUser: (id) =>
      guild !== undefined
        ? guild.members.has(id)
        : channel.kind === "dm" && [store.bot.id, channel.recipientId].includes(id),
    isRole: (id) => guild?.roles.some((role) => role.id === id) ?? false,
  });
}

function guildField(channel: ChannelState): { guild_id?: string } {
  return channel.kind === "dm" ? {} : { guild_id: channel.guildId };
}

function emit(store: Store, t: string, channel: ChannelState, d: object): void {
  store.emit({ t, d, channelId: channel.id, ...(channel.kind === "dm" ? {} : { guildId: channel.guildId }) });
}
