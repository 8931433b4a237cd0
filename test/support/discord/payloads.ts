/** Discord's objects, made from the fake's state. What REST answers and the Gateway dispatches differs in few fields. */
import type {
  APIAttachment,
  APIChannel,
  APIDMChannel,
  APIGuildMember,
  APIMessage,
  APIMessageInteractionMetadata,
  APITextChannel,
  APIThreadChannel,
  GatewayGuildCreateDispatchData,
  GatewayMessageCreateDispatchData,
} from "discord-api-types/v10";
import { bitsOf } from "./permissions.ts";
import {
  type AttachmentState,
  type ChannelState,
  type DmState,
  type GuildState,
  MESSAGE_TYPES,
  type MemberState,
  type MessageState,
  NO_FLAGS,
  type TextChannelState,
  type ThreadState,
} from "./state.ts";
import type { Store } from "./store.ts";

/** Discord's form of a time: microseconds, and an offset instead of `Z`. */
export function isoTime(at: number): string {
  return new Date(at).toISOString().replace("Z", "000+00:00");
}

export function memberPayload(store: Store, member: MemberState): APIGuildMember {
  return { user: store.user(member.userId), ...partialMember(member) };
}

export function partialMember({ nick, roles, joinedAt }: MemberState) {
  return {
    nick,
    avatar: null,
    banner: null,
    roles,
    joined_at: isoTime(joinedAt),
    premium_since: null,
    communication_disabled_until: null,
    pending: false,
    deaf: false,
    mute: false,
    flags: NO_FLAGS,
  };
}

export function channelPayload(store: Store, channel: ChannelState): APIChannel {
  switch (channel.kind) {
    case "text":
      return textChannelPayload(store, channel);
    case "thread":
      return threadPayload(store, channel);
    case "dm":
      return dmPayload(store, channel);
    default:
      return channel satisfies never;
  }
}

function textChannelPayload(store: Store, channel: TextChannelState): APITextChannel {
  const { id, guildId, name, topic, position, denied, lastMessageId } = channel;
  const forBot = { id: store.bot.id, type: 1, allow: "0", deny: bitsOf(denied) } as const;
  return {
    id,
    type: 0,
    guild_id: guildId,
    name,
    topic,
    position,
    parent_id: null,
    nsfw: false,
    rate_limit_per_user: 0,
    last_message_id: lastMessageId,
    permission_overwrites: denied.size > 0 ? [forBot] : [],
    flags: NO_FLAGS,
  };
}

export function threadPayload(store: Store, thread: ThreadState): APIThreadChannel {
  const botMember = {
    id: thread.id,
    user_id: store.bot.id,
    join_timestamp: isoTime(thread.createdAt),
    flags: NO_FLAGS,
  };
  return {
    id: thread.id,
    type: 11,
    guild_id: thread.guildId,
    parent_id: thread.parentId,
    name: thread.name,
    owner_id: thread.ownerId,
    last_message_id: thread.lastMessageId,
    message_count: thread.messagesSent,
    member_count: thread.memberIds.size,
    total_message_sent: thread.messagesSent,
    rate_limit_per_user: 0,
    flags: NO_FLAGS,
    thread_metadata: {
      archived: thread.archived,
      archive_timestamp: isoTime(thread.archiveChangedAt),
      auto_archive_duration: thread.autoArchiveMinutes,
      locked: thread.locked,
      create_timestamp: isoTime(thread.createdAt),
    },
    ...(thread.memberIds.has(store.bot.id) ? { member: botMember } : {}),
  };
}

function dmPayload(store: Store, { id, recipientId, lastMessageId }: DmState): APIDMChannel {
  return {
    id,
    type: 1,
    recipients: [store.user(recipientId)],
    last_message_id: lastMessageId,
    flags: NO_FLAGS,
    // discord-api-types knows the name of group DMs only.
    name: null,
  };
}

/** A message as REST answers it to the bot. */
export function messagePayload(store: Store, message: MessageState): APIMessage {
  const { reference } = message;
  const thread = store.threadOf(message);
  return {
    id: message.id,
    type: message.type,
    channel_id: message.channelId,
    author: store.user(message.authorId),
    content: message.content,
    timestamp: isoTime(store.createdAt(message.id)),
    edited_timestamp: message.editedAt === null ? null : isoTime(message.editedAt),
    tts: false,
    pinned: false,
    mention_everyone: message.mentions.everyone,
    mentions: message.mentions.users.map((id) => store.user(id)),
    mention_roles: message.mentions.roles,
    attachments: message.attachments.map((file) => attachmentPayload(store, message.channelId, file)),
    embeds: message.embeds,
    components: message.components as APIMessage["components"],
    flags: message.flags,
    ...(message.interaction === null ? {} : interactionFields(store, message.interaction)),
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(message.reactions.size === 0 ? {} : { reactions: reactionsPayload(store, message) }),
    ...(reference === null ? {} : referencePayload(store, message, reference)),
    ...(thread === undefined ? {} : { thread: threadPayload(store, thread) }),
  };
}

/** What only an answer to an interaction has; its webhook has the application's id. */
function interactionFields(store: Store, interaction_metadata: APIMessageInteractionMetadata) {
  const { id } = store.bot;
  return { webhook_id: id, application_id: id, interaction_metadata };
}

function referencePayload(
  store: Store,
  message: MessageState,
  { channelId, messageId }: NonNullable<MessageState["reference"]>,
): Partial<APIMessage> {
  const guildId = store.guildIdOf(message.channelId);
  const message_reference = {
    type: 0,
    channel_id: channelId,
    ...(messageId === null ? {} : { message_id: messageId }),
    ...(guildId === undefined ? {} : { guild_id: guildId }),
  } as const;
  if (message.type === MESSAGE_TYPES.threadCreated) return { message_reference };
  const found = messageId === null ? undefined : store.findMessage(channelId, messageId);
  // One level deep, as Discord does it.
  const referenced = found && messagePayload(store, { ...found, reference: null });
  return { message_reference, referenced_message: referenced ?? null };
}

function reactionsPayload(store: Store, { reactions }: MessageState): NonNullable<APIMessage["reactions"]> {
  return [...reactions].map(([emoji, users]) => ({
    emoji: emojiPayload(emoji),
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    burst_colors: [],
    me: users.has(store.bot.id),
    me_burst: false,
  }));
}

/** `👀`, or `name:id` for a guild's own. */
export function emojiPayload(emoji: string): { id: string | null; name: string } {
  const [, name, id] = /^(\w+):(\d+)$/.exec(emoji) ?? [];
  return name !== undefined && id !== undefined ? { id, name } : { id: null, name: emoji };
}

export function attachmentPayload(store: Store, channelId: string, file: AttachmentState): APIAttachment {
  const url = `${store.filesUrl}/attachments/${channelId}/${file.id}/${encodeURIComponent(file.filename)}`;
  return {
    id: file.id,
    filename: file.filename,
    size: file.bytes.byteLength,
    url,
    proxy_url: url,
    content_type: file.contentType,
    ...(file.description === null ? {} : { description: file.description }),
  };
}

/** A message as the Gateway dispatches it: with its guild and who its people are there. */
export function messageDispatch(store: Store, message: MessageState): GatewayMessageCreateDispatchData {
  const payload = messagePayload(store, message);
  const channel = store.channel(message.channelId);
  if (channel.kind === "dm") return { ...payload, channel_type: 1 } as GatewayMessageCreateDispatchData;
  const guild = store.guild(channel.guildId);
  const author = guild.members.get(message.authorId);
  return {
    ...payload,
    guild_id: guild.id,
    channel_type: channel.kind === "thread" ? 11 : 0,
    ...(author === undefined ? {} : { member: partialMember(author) }),
    mentions: payload.mentions.map((user) => {
      const member = guild.members.get(user.id);
      return member === undefined ? user : { ...user, member: partialMember(member) };
    }),
  };
}

/** GUILD_CREATE, as it follows READY: with channels the bot can see, and active threads. */
export function guildDispatch(store: Store, guild: GuildState): GatewayGuildCreateDispatchData {
  const channels = store.channelsOf(guild.id).filter((channel) => store.canSee(channel));
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    vanity_url_code: null,
    owner_id: guild.ownerId,
    afk_channel_id: null,
    afk_timeout: 300,
    region: "deprecated",
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: "en-US" as GatewayGuildCreateDispatchData["preferred_locale"],
    application_id: null,
    system_channel_id: null,
    system_channel_flags: NO_FLAGS,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    hub_type: null,
    incidents_data: null,
    features: [],
    emojis: [],
    stickers: [],
    roles: guild.roles,
    joined_at: isoTime(guild.members.get(store.bot.id)?.joinedAt ?? store.createdAt(guild.id)),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    members: [...guild.members.values()].map((member) => memberPayload(store, member)),
    channels: channels.filter(({ kind }) => kind === "text").map((channel) => channelPayload(store, channel)),
    threads: channels
      .filter((channel) => channel.kind === "thread" && !channel.archived)
      .map((channel) => channelPayload(store, channel)),
  } as GatewayGuildCreateDispatchData;
}
