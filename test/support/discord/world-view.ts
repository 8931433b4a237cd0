/** What the people of a Discord see: everything, in Discord's own objects. Plain JSON throughout. */
import type {
  APIChannel,
  APIDMChannel,
  APIMessage,
  APIThreadChannel,
  APIUser,
  GatewayTypingStartDispatchData,
} from "discord-api-types/v10";
import { channelPayload, messagePayload, threadPayload } from "./payloads.ts";
import { compareSnowflakes } from "./snowflake.ts";
import type { ThreadState, Version } from "./state.ts";
import type { Store } from "./store.ts";

/** A message with all it ever said. */
export interface MessageHistory {
  message: APIMessage;
  versions: readonly Version[];
  /** `null` while it is there. */
  deletedAt: number | null;
}

/** Somebody began to type. */
export interface Typing {
  channelId: string;
  userId: string;
  at: number;
}

export class WorldView {
  protected readonly store: Store;
  readonly #typings: Typing[] = [];

  constructor(store: Store) {
    this.store = store;
    store.subscribe(({ t, d }) => {
      if (t === "TYPING_START")
        this.#typings.push(typingOf(d as GatewayTypingStartDispatchData, store.now()));
    });
  }

  /** The bot that the token belongs to. */
  bot(): APIUser {
    return this.store.bot;
  }

  /** The bot and everybody else, in the order of their making. */
  users(): APIUser[] {
    return this.store.users();
  }

  guilds(): { id: string; name: string }[] {
    return [...this.store.guilds.values()].map(({ id, name }) => ({ id, name }));
  }

  channel(channelId: string): APIChannel {
    return channelPayload(this.store, this.store.channel(channelId));
  }

  /** Channels and threads of a guild, oldest first. */
  channels(guildId: string): APIChannel[] {
    return this.store.channelsOf(guildId).map((channel) => channelPayload(this.store, channel));
  }

  dms(): APIDMChannel[] {
    return this.store.dms().map((dm) => channelPayload(this.store, dm) as APIDMChannel);
  }

  /** Threads below a channel, oldest first. */
  threads(channelId: string): APIThreadChannel[] {
    const guildId = this.store.guildIdOf(channelId);
    if (guildId === undefined) return [];
    return this.store
      .channelsOf(guildId)
      .filter(
        (channel): channel is ThreadState => channel.kind === "thread" && channel.parentId === channelId,
      )
      .map((thread) => threadPayload(this.store, thread));
  }

  /** What stands in a channel or thread, oldest first. Discord's own notes (types 18 and 21) are among it. */
  messages(channelId: string): APIMessage[] {
    return this.store.channel(channelId).messages.map((message) => messagePayload(this.store, message));
  }

  /** Everything that was ever written there, with edits and deleted messages, oldest first. */
  history(channelId: string): MessageHistory[] {
    const { messages } = this.store.channel(channelId);
    return [...messages, ...this.store.deletedMessages(channelId)]
      .sort((a, b) => compareSnowflakes(a.id, b.id))
      .map((message) => ({
        message: messagePayload(this.store, message),
        versions: message.versions,
        deletedAt: message.deletedAt,
      }));
  }

  /** When the bot or anybody else began to type, oldest first. */
  typings(channelId?: string): Typing[] {
    return this.#typings.filter((typing) => channelId === undefined || typing.channelId === channelId);
  }
}

function typingOf(data: GatewayTypingStartDispatchData, at: number): Typing {
  return { channelId: data.channel_id, userId: data.user_id, at };
}
