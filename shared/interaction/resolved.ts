/** Objects that ids in an interaction's data stand for (Discord, "Resolved Data Structure"). */
import * as z from "zod";
import { member, uploadedFile, user } from "../discord/read-message.ts";
import { listOf, snowflake } from "../discord/reading.ts";

const targetMessage = z.object({
  id: snowflake,
  content: z.string(),
  author: user,
  mentions: listOf(user),
  attachments: listOf(uploadedFile),
});

function byId<T>(one: z.ZodType<T>) {
  return z
    .record(z.string(), one)
    .nullish()
    .transform((all) => all ?? {});
}

const objects = z.object({
  users: byId(user),
  members: byId(member),
  roles: byId(z.object({ name: z.string() })),
  channels: byId(z.object({ name: z.string().nullish() })),
  messages: byId(targetMessage),
  attachments: byId(uploadedFile),
});

export const resolved = objects.nullish().transform((given) => given ?? objects.parse({}));
/** @see resolved */
export type Resolved = z.infer<typeof resolved>;
