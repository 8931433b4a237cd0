/** `discord` and `messaging`: where an agent listens. */
import * as z from "zod";
import { discordId, idExpectation } from "./text.ts";

/** A channel by `#name` or by id. A bare name gets its `#`, so that readers meet two forms only. */
const channel = z
  .string({ error: idExpectation })
  .min(1)
  .transform((text) => (/^(#|\d{15,21}$)/.test(text) ? text : `#${text}`));

/** How conversations map to threads. */
export const threadModes = ["none", "per-message", "per-document", "per-user"] as const;

/** Channels, threads and the bots that are listened to. */
export const discordSection = z.object({
  channels: z.array(channel).default([]).describe('Channels to answer in: "#name", or an id in quotes.'),
  threadMode: z
    .enum(threadModes)
    .default("per-message")
    .describe("none: answer in the channel. Otherwise one thread per message, document or user."),
  allowBots: z.array(discordId).default([]).describe("Ids (in quotes) of bots whose messages are answered."),
});

/** The original's platform-neutral form. Where it is present it replaces `discord`. */
export const messagingSection = z.object({
  platform: z.enum(["discord", "slack"]).default("discord").describe("Only discord is served."),
  config: discordSection.prefault({}).describe("The same fields as `discord`."),
});
