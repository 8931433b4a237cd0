/**
 * What the people of a Discord do. Arguments and results are plain JSON, so that a test in another process can do the same
 * (see `remote.ts`). Ids are Discord's; a user is one whom `createUser` has made.
 */
import type {
  APIDMChannel,
  APIMessage,
  APIRole,
  APITextChannel,
  APIThreadChannel,
  APIUser,
} from "discord-api-types/v10";
import { fileOf, type UserFile } from "./files.ts";
import {
  addReaction,
  deleteMessage,
  editMessage,
  postMessage,
  removeReaction,
  startTyping,
} from "./messages.ts";
import { channelPayload, guildDispatch, messagePayload, threadPayload } from "./payloads.ts";
import { ALL_PERMISSIONS, type Permission } from "./permissions.ts";
import { invalidField } from "./problem.ts";
import type { ChannelState, DmState, NewUser, TextChannelState, ThreadState } from "./state.ts";
import { setThread } from "./thread-change.ts";
import { startThread, startThreadFromMessage } from "./threads.ts";
import { WorldInteractions } from "./world-interactions.ts";

export interface SayOptions {
  attachments?: readonly UserFile[];
  /** The message of the same channel that this one answers. */
  reply?: string;
}

export class World extends WorldInteractions {
  createUser(user: NewUser): APIUser {
    return this.store.addUser(user);
  }

  /** A guild with the bot in it. `id` decides its shard: `(id >> 22) % shards`. */
  createGuild(name: string, id?: string): { id: string; name: string } {
    const guild = this.store.addGuild(name, id);
    this.store.emit({ t: "GUILD_CREATE", d: guildDispatch(this.store, guild), guildId: guild.id });
    return { id: guild.id, name };
  }

  createRole(guildId: string, name: string): APIRole {
    const role = this.store.addRole(guildId, name);
    this.store.emit({ t: "GUILD_ROLE_CREATE", d: { guild_id: guildId, role }, guildId });
    return role;
  }

  /**
   * Makes a user a member of a guild, or changes what is said of them. `permissions` are bits as Discord writes them; by
   * default those that an ordinary member has.
   */
  join(
    guildId: string,
    userId: string,
    {
      nick,
      roles = [],
      permissions = ALL_PERMISSIONS,
    }: { nick?: string; roles?: string[]; permissions?: string } = {},
  ): void {
    const guild = this.store.guild(guildId);
    const { id } = this.store.user(userId);
    guild.members.set(id, { userId: id, nick: nick ?? null, roles, permissions, joinedAt: this.store.now() });
  }

  createChannel(
    guildId: string,
    name: string,
    { topic, id }: { topic?: string; id?: string } = {},
  ): APITextChannel {
    const guild = this.store.guild(guildId);
    const channel = this.store.addChannel<TextChannelState>({
      kind: "text",
      id: id ?? this.store.newId(),
      guildId: guild.id,
      name,
      topic: topic ?? null,
      position: this.store.channelsOf(guild.id).length,
      // A bot is seldom a moderator.
      denied: new Set(["MANAGE_THREADS"]),
      messages: [],
      lastMessageId: null,
    });
    this.#emitChannel("CHANNEL_CREATE", channel);
    return channelPayload(this.store, channel) as APITextChannel;
  }

  renameChannel(channelId: string, name: string): void {
    const channel = this.store.channel(channelId);
    if (channel.kind === "dm") throw new Error("A DM has no name.");
    if (channel.kind === "thread") {
      setThread(this.store, channel, { name });
      return;
    }
    channel.name = name;
    this.#emitChannel("CHANNEL_UPDATE", channel);
  }

  /** Deletes a channel with its threads, or a thread. */
  deleteChannel(channelId: string): void {
    const channel = this.store.channel(channelId);
    if (channel.kind === "dm") throw new Error("A DM cannot be deleted.");
    const threads = this.store
      .channelsOf(channel.guildId)
      .filter((other) => other.kind === "thread" && other.parentId === channel.id);
    for (const { id } of threads) this.store.removeChannel(id);
    this.#emitChannel(channel.kind === "thread" ? "THREAD_DELETE" : "CHANNEL_DELETE", channel);
    this.store.removeChannel(channel.id);
  }

  /** The DM of a user and the bot, made when there is none. */
  openDm(userId: string): APIDMChannel {
    const recipientId = this.store.user(userId).id;
    const dm =
      this.store.dms().find((channel) => channel.recipientId === recipientId) ??
      this.store.addChannel<DmState>({
        kind: "dm",
        id: this.store.newId(),
        recipientId,
        denied: new Set(),
        messages: [],
        lastMessageId: null,
      });
    return channelPayload(this.store, dm) as APIDMChannel;
  }

  /** Takes permissions from the bot in a channel and its threads. In a DM, SEND_MESSAGES means that the user blocks it. */
  deny(channelId: string, ...permissions: Permission[]): void {
    this.#setDenied(channelId, (denied) => new Set([...denied, ...permissions]));
  }

  /** Gives them back. */
  allow(channelId: string, ...permissions: Permission[]): void {
    this.#setDenied(
      channelId,
      (denied) => new Set([...denied].filter((permission) => !permissions.includes(permission))),
    );
  }

  /** A user writes. Mentions are written as in Discord: `<@id>`, `<@&role>`, `@everyone`. */
  say(
    channelId: string,
    userId: string,
    content: string,
    { attachments = [], reply }: SayOptions = {},
  ): APIMessage {
    const { id } = this.store.user(userId);
    if (reply !== undefined) this.store.message(channelId, reply);
    const message = postMessage(this.store, {
      channelId,
      authorId: id,
      content,
      attachments: attachments.map((file) => fileOf(this.store, file)),
      ...(reply === undefined ? {} : { reference: { channelId, messageId: reply } }),
    });
    return messagePayload(this.store, message);
  }

  edit(channelId: string, messageId: string, content: string): APIMessage {
    const message = this.store.message(channelId, messageId);
    editMessage(this.store, message, { content });
    return messagePayload(this.store, message);
  }

  delete(channelId: string, messageId: string): void {
    deleteMessage(this.store, this.store.message(channelId, messageId));
  }

  react(channelId: string, messageId: string, userId: string, emoji: string): void {
    addReaction(this.store, this.store.message(channelId, messageId), this.store.user(userId).id, emoji);
  }

  unreact(channelId: string, messageId: string, userId: string, emoji: string): void {
    removeReaction(this.store, this.store.message(channelId, messageId), userId, emoji);
  }

  type(channelId: string, userId: string): void {
    startTyping(this.store, this.store.channel(channelId), this.store.user(userId).id);
  }

  /** A user starts a thread, from a message where one is named. */
  startThread(channelId: string, userId: string, name: string, messageId?: string): APIThreadChannel {
    if (name.length === 0 || name.length > 100) {
      throw invalidField(["name"], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.");
    }
    const ownerId = this.store.user(userId).id;
    const thread =
      messageId === undefined
        ? startThread(this.store, this.store.channel(channelId), { name, ownerId })
        : startThreadFromMessage(this.store, this.store.message(channelId, messageId), { name, ownerId });
    return threadPayload(this.store, thread);
  }

  /** Archives, opens, locks or unlocks a thread, as a moderator does. */
  setThread(threadId: string, change: { archived?: boolean; locked?: boolean }): void {
    setThread(this.store, this.#thread(threadId), change);
  }

  #thread(id: string): ThreadState {
    const channel = this.store.channel(id);
    if (channel.kind !== "thread") throw new Error(`${id} is no thread.`);
    return channel;
  }

  #setDenied(channelId: string, change: (denied: Set<Permission>) => Set<Permission>): void {
    const channel = this.store.permissionsHolder(this.store.channel(channelId));
    const couldSee = this.store.canSee(channel);
    channel.denied = change(channel.denied);
    if (channel.kind === "dm") return;
    const canSee = this.store.canSee(channel);
    // A channel that is no longer seen is gone, for who is told of it.
    if (couldSee && canSee) this.#emitChannel("CHANNEL_UPDATE", channel);
    else if (canSee) this.#emitChannel("CHANNEL_CREATE", channel);
    else if (couldSee) {
      const d = channelPayload(this.store, channel);
      this.store.emit({ t: "CHANNEL_DELETE", d, guildId: channel.guildId });
    }
  }

  #emitChannel(t: string, channel: Exclude<ChannelState, DmState>): void {
    const { id, guildId, kind } = channel;
    const d =
      t === "THREAD_DELETE" && kind === "thread"
        ? { id, guild_id: guildId, parent_id: channel.parentId, type: 11 }
        : channelPayload(this.store, channel);
    this.store.emit({ t, d, guildId, channelId: id });
  }
}
