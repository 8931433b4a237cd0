/** Where everything is, and who is told when it changes. */
import type { APIRole, APIUser } from "discord-api-types/v10";
import { ALL_PERMISSIONS, type Permission } from "./permissions.ts";
import {
  cannotMessageUser,
  missingAccess,
  missingPermissions,
  unknownChannel,
  unknownGuild,
  unknownMessage,
  unknownUser,
} from "./problem.ts";
import { snowflakes, timestampOf } from "./snowflake.ts";
import {
  type AttachmentState,
  type ChannelState,
  type DmState,
  type GuildState,
  type MessageState,
  type NewUser,
  NO_FLAGS,
  type TextChannelState,
  userOf,
} from "./state.ts";

/** One dispatch (op 0) in the making; the Gateway decides which sessions get it. */
export interface StoreEvent {
  t: string;
  d: object;
  /** Absent in DMs. */
  guildId?: string;
  /** Which channel it is about. Only those who see it are told. */
  channelId?: string;
}

/** All that a {@link Store} holds. */
export interface StoreContents {
  bot: APIUser;
  guilds: Map<string, GuildState>;
  users: Map<string, APIUser>;
  channels: Map<string, ChannelState>;
  ephemerals: Map<string, MessageState>;
  uploads: Map<string, AttachmentState>;
  deleted: Map<string, MessageState>;
}

/** The state of a Discord with one bot. */
export class Store {
  readonly now: () => number;
  readonly newId: () => string;
  readonly bot: APIUser;
  /** Where attachments are downloaded from. */
  filesUrl = "http://127.0.0.1";
  readonly guilds: Map<string, GuildState>;
  readonly #users: Map<string, APIUser>;
  readonly #channels: Map<string, ChannelState>;
  /** Messages that one user sees, by id: they stand in no channel. */
  readonly ephemerals: Map<string, MessageState>;
  readonly #uploads: Map<string, AttachmentState>;
  readonly #deleted: Map<string, MessageState>;
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  /** @param contents what another one held, to go on from. */
  constructor({ now, bot, contents }: { now: () => number; bot: NewUser; contents?: StoreContents }) {
    this.now = now;
    this.newId = snowflakes(now);
    this.guilds = contents?.guilds ?? new Map();
    this.#users = contents?.users ?? new Map();
    this.#channels = contents?.channels ?? new Map();
    this.ephemerals = contents?.ephemerals ?? new Map();
    this.#uploads = contents?.uploads ?? new Map();
    this.#deleted = contents?.deleted ?? new Map();
    this.bot = contents?.bot ?? this.addUser({ ...bot, bot: true });
  }

  contents(): StoreContents {
    const [users, channels, uploads, deleted] = [this.#users, this.#channels, this.#uploads, this.#deleted];
    return {
      bot: this.bot,
      guilds: this.guilds,
      users,
      channels,
      ephemerals: this.ephemerals,
      uploads,
      deleted,
    };
  }

  /** Every message that is there. */
  allMessages(): MessageState[] {
    return [...this.#channels.values()].flatMap(({ messages }) => messages);
  }

  /** Calls `listener` with everything that happens from now on; returns what ends that. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** When the thing with this id was made. */
  createdAt(id: string): number {
    return timestampOf(id);
  }

  addUser(user: NewUser): APIUser {
    const made = userOf(this.newId(), user);
    this.#users.set(made.id, made);
    return made;
  }

  users(): APIUser[] {
    return [...this.#users.values()];
  }

  /** @throws DiscordProblem 10013 */
  user(id: string): APIUser {
    const user = this.#users.get(id);
    if (user === undefined) throw unknownUser();
    return user;
  }

  addGuild(name: string, id = this.newId()): GuildState {
    const owner = this.addUser({ username: "owner" });
    const everyone = roleOf({ id, name: "@everyone", position: 0 });
    const guild: GuildState = { id, name, ownerId: owner.id, roles: [everyone], members: new Map() };
    for (const userId of [owner.id, this.bot.id]) {
      guild.members.set(userId, {
        userId,
        nick: null,
        roles: [],
        permissions: ALL_PERMISSIONS,
        joinedAt: this.now(),
      });
    }
    this.guilds.set(id, guild);
    return guild;
  }

  /** @throws DiscordProblem 10004 */
  guild(id: string): GuildState {
    const guild = this.guilds.get(id);
    if (guild === undefined) throw unknownGuild();
    return guild;
  }

  addRole(guildId: string, name: string): APIRole {
    const guild = this.guild(guildId);
    const role = roleOf({ id: this.newId(), name, position: guild.roles.length });
    guild.roles.push(role);
    return role;
  }

  addChannel<T extends ChannelState>(channel: T): T {
    this.#channels.set(channel.id, channel);
    return channel;
  }

  removeChannel(id: string): void {
    this.#channels.delete(id);
  }

  /** @throws DiscordProblem 10003 */
  channel(id: string): ChannelState {
    const channel = this.#channels.get(id);
    if (channel === undefined) throw unknownChannel();
    return channel;
  }

  /** Channels and threads of a guild, oldest first. */
  channelsOf(guildId: string): Exclude<ChannelState, DmState>[] {
    return [...this.#channels.values()].filter(
      (channel): channel is Exclude<ChannelState, DmState> =>
        channel.kind !== "dm" && channel.guildId === guildId,
    );
  }

  dms(): DmState[] {
    return [...this.#channels.values()].filter((channel): channel is DmState => channel.kind === "dm");
  }

  guildIdOf(channelId: string): string | undefined {
    const channel = this.#channels.get(channelId);
    return channel === undefined || channel.kind === "dm" ? undefined : channel.guildId;
  }

  findMessage(channelId: string, messageId: string): MessageState | undefined {
    return this.#channels.get(channelId)?.messages.find(({ id }) => id === messageId);
  }

  /** @throws DiscordProblem 10003 or 10008 */
  message(channelId: string, messageId: string): MessageState {
    const message = this.channel(channelId).messages.find(({ id }) => id === messageId);
    if (message === undefined) throw unknownMessage();
    return message;
  }

  /** Keeps a message that is gone, for tests that ask what it was. */
  bury(message: MessageState): void {
    this.#deleted.set(message.id, message);
  }

  /** Deleted messages of a channel, oldest first. */
  deletedMessages(channelId: string): MessageState[] {
    return [...this.#deleted.values()].filter((message) => message.channelId === channelId);
  }

  /** Keeps a file that belongs to no message. */
  upload(file: AttachmentState): void {
    this.#uploads.set(file.id, file);
  }

  attachment(channelId: string, id: string): AttachmentState | undefined {
    const upload = this.#uploads.get(id);
    if (upload !== undefined) return upload;
    const messages = [...(this.#channels.get(channelId)?.messages ?? []), ...this.ephemerals.values()];
    return messages.flatMap(({ attachments }) => attachments).find((file) => file.id === id);
  }

  /** The thread that was started from a message: it has the message's id. */
  threadOf(message: MessageState) {
    const thread = this.#channels.get(message.id);
    return thread?.kind === "thread" && thread.parentId === message.channelId ? thread : undefined;
  }

  /** The channel whose permissions hold: a thread has those of its parent. */
  permissionsHolder(channel: ChannelState): TextChannelState | DmState {
    if (channel.kind !== "thread") return channel;
    const parent = this.channel(channel.parentId);
    if (parent.kind !== "text") throw unknownChannel();
    return parent;
  }

  /** Whether the bot may do something in a channel. */
  may(channel: ChannelState, permission: Permission): boolean {
    return !this.permissionsHolder(channel).denied.has(permission);
  }

  canSee(channel: ChannelState): boolean {
    return this.may(channel, "VIEW_CHANNEL");
  }

  /** @throws DiscordProblem 50001 where the bot sees nothing, 50013 (50007 in a DM) where it may not do this */
  demand(channel: ChannelState, ...permissions: Permission[]): void {
    if (!this.canSee(channel)) throw missingAccess();
    if (permissions.every((permission) => this.may(channel, permission))) return;
    throw channel.kind === "dm" ? cannotMessageUser() : missingPermissions();
  }
}

function roleOf({ id, name, position }: { id: string; name: string; position: number }): APIRole {
  return {
    id,
    name,
    position,
    permissions: ALL_PERMISSIONS,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    managed: false,
    mentionable: true,
    flags: NO_FLAGS,
  };
}
