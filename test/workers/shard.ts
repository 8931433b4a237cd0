/** One shard of an agent as its gateway sees it, with the fake Discord behind it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { linkName } from "../../shared/bridge/link-name.ts";
import type { GatewayEvent } from "../../shared/bridge/protocol.ts";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { snowflakeAt } from "../../shared/discord/snowflake.ts";
import { sessionName } from "../../shared/session/name.ts";
import { remoteDiscord } from "../support/discord/remote.ts";

export const discord = remoteDiscord(env.DISCORD_API_BASE_URL);
/** A person in no guild of the fake's; messages of hers need no Discord. */
export const MIA = { id: "900000000000000002", username: "mia", global_name: "Mia" };

/** Ids that rise, as Discord's do. */
let lastId = BigInt(snowflakeAt(Date.now()));
export function newId(): string {
  lastId = lastId + 1n;
  const fromClock = BigInt(snowflakeAt(Date.now()));
  lastId = lastId > fromClock ? lastId : fromClock;
  return String(lastId);
}

/** Each shard has a link of its own, so tests share none. */
let lastShard = Math.floor(Math.random() * 1_000);

export class Shard {
  readonly agent: string;
  readonly index = lastShard++;
  readonly gateway: string;
  sessionId: string = crypto.randomUUID();
  epoch = 0;
  seq = 0;
  /** Requests are signed a second apart. */
  signedAt = Math.floor(Date.now() / 1000);

  constructor(agent = "attendant", gateway = "gateway-1") {
    this.agent = agent;
    this.gateway = gateway;
  }

  /** A stub that knows nothing of the death of the object it leads to. */
  get stub() {
    return env.GATEWAY_LINK.get(
      env.GATEWAY_LINK.idFromName(linkName({ agent: this.agent, shard: this.index })),
    );
  }

  get #shard(): [number, number] {
    return [this.index, 4096];
  }

  async lease(gateway = this.gateway) {
    this.signedAt += 1;
    const answer = await this.stub.lease({ gateway, shard: this.#shard, signedAt: this.signedAt });
    if ("granted" in answer && gateway === this.gateway) this.epoch = answer.granted.epoch;
    return answer;
  }

  release(epoch = this.epoch) {
    const { gateway } = this;
    return this.stub.release({ gateway, epoch, shard: this.#shard, signedAt: ++this.signedAt });
  }

  /** An event with the session's next sequence. */
  event(t: string, d: unknown): GatewayEvent {
    this.seq += 1;
    return { s: this.seq, t, d };
  }

  /** What somebody writes, as MESSAGE_CREATE; Mia, if nothing else is said. */
  message(channelId: string, content: string, change: object = {}): GatewayEvent {
    const message = { id: newId(), channel_id: channelId, guild_id: GUILD, type: 0, content, author: MIA };
    return this.event("MESSAGE_CREATE", { ...message, member: { roles: [] }, ...change });
  }

  async send(
    events: readonly GatewayEvent[],
    change: { epoch?: number; sessionId?: string; signedAt?: number; begunAt?: number } = {},
  ) {
    const { epoch = this.epoch, sessionId = this.sessionId, signedAt = this.signedAt, begunAt } = change;
    const resumeUrl = "wss://resume.example";
    const session = { id: sessionId, resumeUrl, ...(begunAt !== undefined && { begunAt }) };
    return await this.stub.events({
      gateway: this.gateway,
      epoch,
      shard: this.#shard,
      session,
      events,
      signedAt,
    });
  }

  /** Sends a batch, all of which is acknowledged. */
  async deliver(...events: GatewayEvent[]): Promise<void> {
    expect(await this.send(events)).toMatchObject({ acknowledged: { acked: events.at(-1)?.s } });
  }

  /** Begins a session that knows nothing of what came before: READY, then the guilds. */
  async beginCold(...guilds: object[]): Promise<void> {
    this.sessionId = crypto.randomUUID();
    this.seq = 0;
    const bot = await discord.world.bot();
    const ready = this.event("READY", { user: { id: bot.id }, session_id: this.sessionId });
    await this.deliver(ready, ...guilds.map((guild) => this.event("GUILD_CREATE", guild)));
  }

  conversation(id: string) {
    return env.CHANNEL_SESSION.getByName(sessionName({ agent: this.agent, conversation: id }));
  }

  /** What a conversation has taken in, oldest first. */
  async inbox(conversation: string): Promise<string[]> {
    // What crosses RPC is typed as never where it may hold anything, such as a tool's input.
    const turns = (await this.conversation(conversation).history()) as unknown as TurnView[];
    return turns.map(({ text }) => text);
  }

  /** Waits until a conversation has taken in exactly this. */
  async untilInbox(conversation: string, texts: readonly string[]): Promise<void> {
    await vi.waitFor(async () => expect(await this.inbox(conversation)).toEqual(texts), {
      timeout: 15_000,
      interval: 50,
    });
  }

  /** Reads the link's own storage. */
  rows(query: string): Promise<Record<string, unknown>[]> {
    return runInDurableObject(this.stub, (_, { storage }) => storage.sql.exec(query).toArray());
  }

  /** Waits until nothing is to be read. */
  async untilRead(): Promise<void> {
    const behind = "select id from channels where is_catching_up = 1";
    await vi.waitFor(async () => expect(await this.rows(behind)).toEqual([]), { timeout: 20_000 });
  }

  /** Waits until nothing is held or to be read. */
  async untilIdle(): Promise<void> {
    const behind = "select id from channels where is_catching_up = 1 union select message_id from held";
    await vi.waitFor(async () => expect(await this.rows(behind)).toEqual([]), {
      timeout: 15_000,
      interval: 50,
    });
  }
}

/** A guild that only the tests' own events know. */
export const GUILD = "600000000000000001";

/** That guild with a channel `#help` of its own. */
export function guildWith(channels: object[], threads: object[] = []) {
  return { id: GUILD, joined_at: "2020-01-01T00:00:00Z", channels, threads };
}

/** A text channel that is new. */
export function newChannel(name = "help", change: object = {}) {
  return { id: newId(), type: 0, name, last_message_id: null, ...change };
}

/** A shard with the lease, in the middle of a session, and the channel `#help`. */
export async function shardWithChannel(agent?: string): Promise<{ shard: Shard; help: string }> {
  const shard = new Shard(agent);
  await shard.lease();
  const channel = newChannel();
  await shard.beginCold(guildWith([channel]));
  return { shard, help: channel.id };
}
