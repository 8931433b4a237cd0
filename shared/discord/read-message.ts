/**
 * Reads what Discord tells of messages, from the Gateway and from REST alike, down to the fields that are used here. What
 * Discord adds is passed over; what it always sends has to be there.
 */
import * as z from "zod";
import { type Reading, readAs, snowflake } from "./reading.ts";

/** A user as Discord tells of one everywhere. */
export const user = z.object({
  id: snowflake,
  username: z.string(),
  global_name: z.string().nullish(),
  bot: z.boolean().optional(),
});

/** A file that somebody uploaded. */
export const uploadedFile = z.object({
  filename: z.string(),
  content_type: z.string().nullish(),
  size: z.number(),
  url: z.string(),
});

/** What a server knows of a user. */
export const member = z.object({ nick: z.string().nullish(), roles: z.array(snowflake).default([]) });

const message = z.object({
  id: snowflake,
  channel_id: snowflake,
  guild_id: snowflake.nullish(),
  type: z.int(),
  content: z.string(),
  author: user,
  member: member.nullish(),
  webhook_id: snowflake.nullish(),
  mentions: z.array(user).default([]),
  attachments: z.array(uploadedFile).default([]),
  message_reference: z.object({ message_id: snowflake.nullish() }).nullish().catch(null),
});

/** A message of Discord's: what decides about an answer, and what the model is told. */
export type DiscordMessage = z.infer<typeof message>;

/** @param data `d` of MESSAGE_CREATE, or a message as REST gives it. */
export function readMessage(data: unknown): Reading<DiscordMessage> {
  return readAs(message, data);
}

/** @param data a guild member as REST gives it. */
export function readMember(data: unknown): Reading<z.infer<typeof member>> {
  return readAs(member, data);
}

const edit = z.object({
  id: snowflake,
  channel_id: snowflake,
  content: z.string(),
  edited_timestamp: z.string(),
  mentions: z.array(user).default([]),
  attachments: z.array(uploadedFile).default([]),
});

/** What a user changed in a message. */
export type DiscordEdit = z.infer<typeof edit>;

/** An update without these was made by Discord itself: it has found out what a link shows, and added an embed. */
const byUser = z.object({ content: z.string(), edited_timestamp: z.string() });

/**
 * @param data `d` of MESSAGE_UPDATE.
 * @returns `null` as the value when no user has edited anything.
 */
export function readEdit(data: unknown): Reading<DiscordEdit | null> {
  return byUser.safeParse(data).success ? readAs(edit, data) : { value: null };
}

const deletion = z
  .object({ id: snowflake, channel_id: snowflake })
  .transform(({ id, channel_id }) => ({ ids: [id], channel_id }));
const bulkDeletion = z.object({ ids: z.array(snowflake), channel_id: snowflake });

/** Messages of one channel that are gone. */
export type DiscordDeletion = z.infer<typeof bulkDeletion>;

/** @param data `d` of MESSAGE_DELETE or MESSAGE_DELETE_BULK. */
export function readDeletion(data: unknown): Reading<DiscordDeletion> {
  return readAs(z.union([bulkDeletion, deletion]), data);
}
