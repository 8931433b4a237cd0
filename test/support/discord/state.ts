/** What the fake Discord holds: its own form, from which `payloads.ts` makes Discord's. Times are milliseconds since 1970. */
import type {
  APIEmbed,
  APIMessageComponent,
  APIMessageInteractionMetadata,
  APIRole,
  APIUser,
} from "discord-api-types/v10";
import type { Permission } from "./permissions.ts";

/** A bit field with nothing in it, of whatever kind. */
export const NO_FLAGS: number = 0;

export interface MemberState {
  userId: string;
  nick: string | null;
  roles: string[];
  /** What they may do in the guild, as Discord writes bits. */
  permissions: string;
  joinedAt: number;
}

export interface GuildState {
  id: string;
  name: string;
  ownerId: string;
  /** The first is `@everyone`, whose id is the guild's. */
  roles: APIRole[];
  members: Map<string, MemberState>;
}

interface Conversation {
  id: string;
  /** Oldest first, without deleted ones. */
  messages: MessageState[];
  lastMessageId: string | null;
}

export interface TextChannelState extends Conversation {
  kind: "text";
  guildId: string;
  name: string;
  topic: string | null;
  position: number;
  /** What the bot may not do here and in its threads. */
  denied: Set<Permission>;
}

export interface ThreadState extends Conversation {
  kind: "thread";
  guildId: string;
  parentId: string;
  name: string;
  ownerId: string;
  memberIds: Set<string>;
  archived: boolean;
  locked: boolean;
  /** When `archived` was changed last, or the thread was made. */
  archiveChangedAt: number;
  autoArchiveMinutes: 60 | 1440 | 4320 | 10080;
  createdAt: number;
  /** Messages that people and bots wrote here, deleted ones included. */
  messagesSent: number;
}

/** A conversation between the bot and one user. */
export interface DmState extends Conversation {
  kind: "dm";
  recipientId: string;
  denied: Set<Permission>;
}

export type ChannelState = TextChannelState | ThreadState | DmState;

export interface AttachmentState {
  id: string;
  filename: string;
  contentType: string;
  description: string | null;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A message's text from `at` on. */
export interface Version {
  content: string;
  at: number;
}

/** Discord's "Message Types", as far as the fake makes them. */
export const MESSAGE_TYPES = {
  default: 0,
  threadCreated: 18,
  reply: 19,
  chatInputCommand: 20,
  threadStarter: 21,
  contextMenuCommand: 23,
} as const;

/** Discord's "Message Flags", as far as the fake acts on them. */
export const MESSAGE_FLAGS = {
  suppressEmbeds: 1 << 2,
  hasThread: 1 << 5,
  ephemeral: 1 << 6,
  loading: 1 << 7,
  suppressNotifications: 1 << 12,
  isComponentsV2: 1 << 15,
} as const;

export interface MessageState {
  id: string;
  channelId: string;
  authorId: string;
  type: (typeof MESSAGE_TYPES)[keyof typeof MESSAGE_TYPES];
  content: string;
  nonce: string | number | null;
  attachments: AttachmentState[];
  embeds: APIEmbed[];
  components: APIMessageComponent[];
  flags: number;
  mentions: { users: string[]; roles: string[]; everyone: boolean };
  reference: { channelId: string; messageId: string | null } | null;
  /** User ids by emoji, in the order of the first reaction. */
  reactions: Map<string, Set<string>>;
  editedAt: number | null;
  /** What it has said over time, oldest first. */
  versions: Version[];
  deletedAt: number | null;
  /** Which interaction it answers; `null` for what nobody asked for by one. */
  interaction: APIMessageInteractionMetadata | null;
  /** The one user who sees it; `null`: everybody. */
  ephemeralTo: string | null;
}

/** Everything that Discord knows about a person, from the little that a test says. */
export function userOf(id: string, { username, globalName, bot }: NewUser): APIUser {
  return {
    id,
    username,
    discriminator: bot ? "0001" : "0",
    global_name: globalName ?? null,
    avatar: null,
    banner: null,
    accent_color: null,
    public_flags: NO_FLAGS,
    flags: NO_FLAGS,
    avatar_decoration_data: null,
    collectibles: null,
    primary_guild: null,
    ...(bot ? { bot: true } : {}),
  };
}

export interface NewUser {
  username: string;
  /** The display name. */
  globalName?: string;
  bot?: boolean;
}
