/** Reads what the Gateway tells of guilds, channels and threads, down to the fields that are used here. */
import * as z from "zod";
import { type Reading, readAs, snowflake } from "./reading.ts";

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
  return readAs(channel, data);
}

/** `unavailable`: a guild that Discord has lost for a while, and will be back. */
const gone = z.object({ id: snowflake, unavailable: z.boolean().optional() });

/** @param data `d` of CHANNEL_DELETE, THREAD_DELETE or GUILD_DELETE. */
export function readGone(data: unknown): Reading<z.infer<typeof gone>> {
  return readAs(gone, data);
}

const ready = z.object({ user: z.object({ id: snowflake }), session_id: z.string() });

/** @param data `d` of READY. */
export function readReady(data: unknown): Reading<z.infer<typeof ready>> {
  return readAs(ready, data);
}

const guild = z.object({
  id: snowflake,
  unavailable: z.boolean().optional(),
  joined_at: z.iso.datetime({ offset: true }).nullish(),
  channels: z.array(z.unknown()).default([]),
  threads: z.array(z.unknown()).default([]),
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
  const readings = [...channels, ...threads].map(readChannel);
  return {
    value: {
      id,
      isUnavailable: unavailable ?? false,
      joinedAt: joined_at ? Date.parse(joined_at) : undefined,
      channels: readings.flatMap((each) => ("value" in each ? { ...each.value, guild_id: id } : [])),
      problems: readings.flatMap((each) => ("problem" in each ? each.problem : [])),
    },
  };
}

const threadList = z.object({ guild_id: snowflake, threads: z.array(z.unknown()) });

/** @param data `d` of THREAD_LIST_SYNC: the active threads of channels that the bot has come to see. */
export function readThreadList(data: unknown): Reading<DiscordChannel[]> {
  const reading = readAs(threadList, data);
  if ("problem" in reading) return reading;
  const { guild_id, threads } = reading.value;
  const readings = threads.map(readChannel);
  return { value: readings.flatMap((each) => ("value" in each ? { ...each.value, guild_id } : [])) };
}
