/**
 * Reads what Discord tells of messages, from the Gateway and from REST alike, down to the fields that are used here. What
 * Discord adds is passed over; what nobody needs may be absent or make no sense.
 */
import * as z from "zod";
import { listOf, type Reading, readAs, snowflake } from "./reading.ts";

/** A user as Discord tells of one everywhere. */
export const user = z.object({
  id: snowflake,
  username: z.string().default(""),
  global_name: z.string().nullish(),
  bot: z.boolean().nullish(),
});

/** A file that somebody uploaded. */
export const uploadedFile = z.object({
  filename: z.string(),
  content_type: z.string().nullish(),
  size: z.number(),
  url: z.string(),
});

/** What a server knows of a user. */
export const member = z.object({ nick: z.string().nullish(), roles: listOf(snowflake) });

const message = z.object({
  id: snowflake,
  channel_id: snowflake,
  guild_id: snowflake.nullish(),
  type: z.int(),
  content: z.string(),
  author: user,
  member: member.nullish(),
  webhook_id: snowflake.nullish(),
  mentions: listOf(user),
  attachments: listOf(uploadedFile),
  message_reference: z.object({ message_id: snowflake.nullish() }).nullish(),
});

/** A message of Discord's: what decides about an answer, and what the model is told. */
export type DiscordMessage = z.infer<typeof message>;

/** They decide whether it is answered: where it was written, and whether by a person. */
const DECIDING = ["guild_id", "webhook_id", "author.bot"];

/** @param data `d` of MESSAGE_CREATE, or a message as REST gives it. */
export function readMessage(data: unknown): Reading<DiscordMessage> {
  return readAs(message, data, { needed: DECIDING });
}

/** @param data a guild member as REST gives it. */
export function readMember(data: unknown): Reading<z.infer<typeof member>> {
  return readAs(member, data);
}

const edit = z.object({
  id: snowflake,
  channel_id: snowflake,
  content: z.string(),
  mentions: listOf(user),
  attachments: listOf(uploadedFile),
});

/** What a user changed in a message. */
export type DiscordEdit = z.infer<typeof edit>;

/** An update without these was made by Discord itself: it has found out what a link shows, and added an embed. */
const byUser = z.looseObject({ content: told(), edited_timestamp: told() });

function told() {
  return z.unknown().refine((value) => value != null);
}

/**
 * @param data `d` of MESSAGE_UPDATE.
 * @returns `null` as the value when no user has edited anything.
 */
export function readEdit(data: unknown): Reading<DiscordEdit | null> {
  return byUser.safeParse(data).success ? readAs(edit, data) : { value: null };
}

/** MESSAGE_DELETE tells one id, MESSAGE_DELETE_BULK a list of them. */
const deletion = z
  .object({ id: snowflake.nullish(), ids: listOf(snowflake), channel_id: snowflake })
  .transform(({ id, ids, channel_id }) => ({ ids: id == null ? ids : [id, ...ids], channel_id }))
  .refine(({ ids }) => ids.length > 0, "expected the id of a message");

/** Messages of one channel that are gone. */
export type DiscordDeletion = z.infer<typeof deletion>;

/** @param data `d` of MESSAGE_DELETE or MESSAGE_DELETE_BULK. */
export function readDeletion(data: unknown): Reading<DiscordDeletion> {
  return readAs(deletion, data);
}
