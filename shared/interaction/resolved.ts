/** Objects that ids in an interaction's data stand for (Discord, "Resolved Data Structure"). */
import * as z from "zod";
import { member, uploadedFile, user } from "../discord/read-message.ts";
import { snowflake } from "../discord/reading.ts";

const targetMessage = z.object({
  id: snowflake,
  content: z.string(),
  author: user,
  mentions: z.array(user).default([]),
  attachments: z.array(uploadedFile).default([]),
});

export const resolved = z
  .object({
    users: z.record(z.string(), user).default({}),
    members: z.record(z.string(), member).default({}),
    roles: z.record(z.string(), z.object({ name: z.string() })).default({}),
    channels: z.record(z.string(), z.object({ name: z.string().nullish() })).default({}),
    messages: z.record(z.string(), targetMessage).default({}),
    attachments: z.record(z.string(), uploadedFile).default({}),
  })
  .prefault({});
/** @see resolved */
export type Resolved = z.infer<typeof resolved>;
