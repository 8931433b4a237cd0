/** A channel of the fake Discord with somebody in it who writes to an agent, whose gateway is the test. */
import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { TurnView } from "../../shared/chat/protocol.ts";
import type { DiscordTarget } from "../../shared/session/event.ts";
import { sessionName } from "../../shared/session/name.ts";
import { remoteDiscord } from "../support/discord/remote.ts";

export const discord = remoteDiscord(env.DISCORD_API_BASE_URL);

/** Longest wait of a test, in milliseconds: the machine may be busy. */
const PATIENCE = 25_000;

/** What stands in a channel, as far as these tests look at it. */
export interface Shown {
  id: string;
  content: string;
  attachments: { url: string; filename: string }[];
  message_reference?: { message_id?: string };
  reactions?: { emoji: { name: string | null }; count: number }[];
  components?: unknown[];
}

/** Waits until `read` gives what `condition` asks for. */
export async function until<T>(read: () => Promise<T>, condition: (value: T) => boolean): Promise<T> {
  return vi.waitFor(
    async () => {
      const value = await read();
      if (!condition(value)) throw new Error(`not yet: ${JSON.stringify(value)}`);
      return value;
    },
    { timeout: PATIENCE, interval: 30 },
  );
}

/** Takes back what a test has done to time, to the code and to Discord. */
export async function putRight(): Promise<void> {
  // Whoever has seen the future would wait for it.
  if (vi.isFakeTimers()) await abortAllDurableObjects();
  vi.useRealTimers();
  vi.restoreAllMocks();
  await discord.faults.clear();
}

export class DiscordRoom {
  readonly agent: string;
  readonly guildId: string;
  readonly channelId: string;
  readonly userId: string;
  readonly botId: string;

  private constructor(agent: string, ids: Pick<DiscordRoom, "guildId" | "channelId" | "userId" | "botId">) {
    this.agent = agent;
    this.guildId = ids.guildId;
    this.channelId = ids.channelId;
    this.userId = ids.userId;
    this.botId = ids.botId;
  }

  static async open(agent = "talker"): Promise<DiscordRoom> {
    const guild = await discord.world.createGuild("Home");
    const channel = await discord.world.createChannel(guild.id, `c-${crypto.randomUUID().slice(0, 8)}`);
    const user = await discord.world.createUser({ username: `u-${crypto.randomUUID().slice(0, 8)}` });
    await discord.world.join(guild.id, user.id);
    const bot = await discord.world.bot();
    return new DiscordRoom(agent, {
      guildId: guild.id,
      channelId: channel.id,
      userId: user.id,
      botId: bot.id,
    });
  }

  /** Somebody writes in the channel; the answer belongs in a thread of this message. */
  async say(text = "Hello!"): Promise<Conversation> {
    const { id } = await discord.world.say(this.channelId, this.userId, text);
    return new Conversation(this, id, {
      ...{ kind: "discord", channelId: this.channelId, messageId: id, guildId: this.guildId },
      thread: { from: "message", name: "Mia — 2026-11-21" },
    });
  }

  /** Somebody writes in the channel; the answer belongs there too. */
  async sayWithoutThread(text: string): Promise<Conversation> {
    const { id } = await discord.world.say(this.channelId, this.userId, text);
    const target = {
      kind: "discord",
      channelId: this.channelId,
      messageId: id,
      guildId: this.guildId,
    } as const;
    return new Conversation(this, this.channelId, target);
  }
}

/** The answer to a message. */
export type MessageTarget = DiscordTarget & { messageId: string };

/** One conversation with the agent. */
export class Conversation {
  readonly room: DiscordRoom;
  /** The thread's or channel's id. */
  readonly id: string;
  readonly target: MessageTarget;

  constructor(room: DiscordRoom, id: string, target: MessageTarget) {
    this.room = room;
    this.id = id;
    this.target = target;
  }

  get stub() {
    return env.CHANNEL_SESSION.getByName(sessionName({ agent: this.room.agent, conversation: this.id }));
  }

  /** The gateway hands the message on. */
  async arrive(text: string, target: DiscordTarget = this.target): Promise<void> {
    const author = { id: this.room.userId, name: "Mia" };
    await this.stub.accept({ id: `discord:${target.messageId}`, author, text, target });
  }

  /** Somebody writes in the thread, and the gateway hands it on. */
  async follow(text: string): Promise<void> {
    const { id } = await discord.world.say(this.id, this.room.userId, text);
    await this.arrive(text, {
      kind: "discord",
      channelId: this.id,
      messageId: id,
      guildId: this.room.guildId,
    });
  }

  /** Waits until all messages are dealt with. */
  async settled(): Promise<TurnView[]> {
    return until(
      async () => (await this.stub.history()) as TurnView[],
      (turns) => turns.length > 0 && turns.every(({ finishedAt }) => finishedAt !== null),
    );
  }

  /** What the agent has posted, oldest first. */
  async posted(channelId = this.id): Promise<Shown[]> {
    const all = await discord.world.messages(channelId);
    return all.filter(({ author, type }) => author.id === this.room.botId && (type === 0 || type === 19));
  }

  /** Waits for something posted that `matches`. */
  async shows(matches: RegExp): Promise<Shown[]> {
    return until(
      () => this.posted().catch(() => []),
      (posted) => posted.some(({ content }) => matches.test(content)),
    );
  }

  /** `METHOD /path` of the requests about this conversation, ids shortened to what they are. */
  async requests(): Promise<string[]> {
    const { requests } = await discord.report();
    const own = [this.room.channelId, this.id, this.target.messageId];
    return requests
      .filter(({ path }) => own.some((id) => path.includes(id)))
      .map(({ method, path }) => {
        const short = path
          .replaceAll(this.target.messageId, ":thread")
          .replaceAll(this.room.channelId, ":channel")
          .replace(/\d{15,}/g, ":id");
        return `${method} ${short}`;
      });
  }
}
