/** Reads what the Gateway tells of guilds, channels and threads, down to the fields that are used here. */
import * as z from "zod";
import { listOf, type Reading, readAs, snowflake } from "./reading.ts";

const channel = z.object({
  id: snowflake,
  guild_id: snowflake.nullish(),
  type: z.int(),
  name: z.string().nullish(),
  parent_id: snowflake.nullish(),
  last_message_id: snowflake.nullish(),
  thread_metadata: z.object({ archived: z.boolean() }).nullish(),
});

/** A channel, a thread or a DM. */
export type DiscordChannel = z.infer<typeof channel>;

/** @param data `d` of CHANNEL_CREATE, CHANNEL_UPDATE, THREAD_CREATE or THREAD_UPDATE. */
export function readChannel(data: unknown): Reading<DiscordChannel> {
  // What has no guild is a DM.
  return readAs(channel, data, { needed: ["guild_id"] });
}

/** `unavailable`: a guild that Discord has lost for a while, and will be back. */
const gone = z.object({ id: snowflake, unavailable: z.boolean().nullish() });

/** @param data `d` of CHANNEL_DELETE, THREAD_DELETE or GUILD_DELETE. */
export function readGone(data: unknown): Reading<z.infer<typeof gone>> {
  // What is not known to be gone is not forgotten.
  return readAs(gone, data, { needed: ["unavailable"] });
}

const ready = z.object({ user: z.object({ id: snowflake }) });

/** @param data `d` of READY. */
export function readReady(data: unknown): Reading<z.infer<typeof ready>> {
  return readAs(ready, data);
}

const guild = z.object({
  id: snowflake,
  unavailable: z.boolean().nullish(),
  joined_at: z.iso.datetime({ offset: true }).nullish(),
  channels: listOf(z.unknown()),
  threads: listOf(z.unknown()),
});

/** A guild with all that the bot sees of it. */
export interface DiscordGuild {
  id: string;
  /** Discord has lost it for a while, and tells nothing of it. */
  isUnavailable: boolean;
  /** When the bot joined, in Unix milliseconds; `undefined` where Discord did not say. */
  joinedAt: number | undefined;
  /** Its channels and active threads. */
  channels: DiscordChannel[];
  /** What is wrong with those that could not be read. */
  problems: string[];
}

/** @param data `d` of GUILD_CREATE. A channel that cannot be read does not take the others with it. */
export function readGuild(data: unknown): Reading<DiscordGuild> {
  const reading = readAs(guild, data);
  if ("problem" in reading) return reading;
  const { id, unavailable, joined_at, channels, threads } = reading.value;
  const { found, problems, unread } = readChannels([...channels, ...threads], id, "channels");
  return {
    value: {
      id,
      isUnavailable: unavailable ?? false,
      joinedAt: joined_at ? Date.parse(joined_at) : undefined,
      channels: found,
      problems,
    },
    ...unreadOf(reading.unread, unread),
  };
}

const threadList = z.object({ guild_id: snowflake, threads: listOf(z.unknown()) });

/** @param data `d` of THREAD_LIST_SYNC: the active threads of channels that the bot has come to see. */
export function readThreadList(data: unknown): Reading<DiscordChannel[]> {
  const reading = readAs(threadList, data);
  if ("problem" in reading) return reading;
  const { guild_id, threads } = reading.value;
  const { found, problems, unread } = readChannels(threads, guild_id, "threads");
  return { value: found, ...unreadOf(reading.unread, problems, unread) };
}

/** Channels that stand in a guild, which says so itself. */
function readChannels(list: readonly unknown[], guildId: string, root: string) {
  const found: DiscordChannel[] = [];
  const [problems, unread]: [string[], string[]] = [[], []];
  for (const each of list) {
    const reading = readAs(channel, each, { root });
    if ("problem" in reading) problems.push(reading.problem);
    else {
      found.push({ ...reading.value, guild_id: guildId });
      unread.push(...(reading.unread ?? []));
    }
  }
  return { found, problems, unread };
}

function unreadOf(...lists: readonly (readonly string[] | undefined)[]): { unread?: readonly string[] } {
  const unread = lists.flatMap((list) => list ?? []);
  return unread.length > 0 ? { unread } : {};
}
