/** `discord` and `messaging`: where an agent listens. */
import * as z from "zod";
import { retention } from "./memory.ts";
import { discordId, idExpectation } from "./text.ts";

/** A channel by `#name` or by id. A bare name gets its `#`, so that readers meet two forms only. */
const channel = z
  .string({ error: idExpectation })
  .min(1)
  .transform((text) => (/^(#|\d{15,21}$)/.test(text) ? text : `#${text}`));

/** How conversations map to threads. */
export const threadModes = ["none", "per-message", "per-document", "per-user"] as const;

/** Which messages of its channels an agent answers. */
export const triggers = ["all", "mention", "involved"] as const;

/** Where an application can be installed: on a server, or by a user for themselves, wherever they are. */
export const installations = ["guild", "user"] as const;

/** How much of its tool calls an agent shows. */
export const toolDisplays = ["full", "compact", "none"] as const;

const reactionsSection = z.object({
  enabled: z
    .boolean()
    .default(false)
    .describe("Shows the state of an answer as a reaction to its message; costs a request for each state."),
  removeAfterReply: z
    .boolean()
    .default(false)
    .describe("Takes the last reaction away when the answer is there."),
});

const catchUpSection = z.object({
  maxAge: retention
    .default("1d")
    .describe("Messages that were missed longer ago are not answered any more, e.g. `12h`."),
  maxMessages: z
    .int()
    .min(0)
    .max(1000)
    .default(200)
    .describe("Missed messages of one channel that are answered at the most, the newest ones."),
});

/** Who is answered, where, and how it looks. */
export const discordSection = z.object({
  channels: z.array(channel).default([]).describe('Channels to answer in: "#name", or an id in quotes.'),
  dm: z.boolean().default(true).describe("Whether direct messages are answered."),
  trigger: z
    .enum(triggers)
    .default("all")
    .describe(
      "all: every message of these channels. mention: those that mention the agent. involved: a mention begins, what follows in the thread needs none.",
    ),
  allowedUsers: z
    .array(discordId)
    .default([])
    .describe("Ids (in quotes) of the only users who are answered. Empty: everybody."),
  allowedRoles: z
    .array(discordId)
    .default([])
    .describe("Ids (in quotes) of roles whose members are answered, besides `allowedUsers`. Not for DMs."),
  allowBots: z.array(discordId).default([]).describe("Ids (in quotes) of bots whose messages are answered."),
  maxBotTurns: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe("Messages of bots that are answered in a row; a person's message begins the count anew."),
  threadMode: z
    .enum(threadModes)
    .default("per-message")
    .describe("none: answer in the channel. Otherwise one thread per message, document or user."),
  reactions: reactionsSection.prefault({}).describe("Status reactions on the user's message."),
  toolDisplay: z
    .enum(toolDisplays)
    .default("compact")
    .describe("Tool calls above the answer: full, each with its arguments; compact, one line; none."),
  sharedLock: z
    .string()
    .regex(/\{messageId\}/, "expected {messageId} in it")
    .optional()
    .describe(
      "While an old cluster serves the same bot: the key in its Redis, with `{messageId}`, whose lock decides who answers a message.",
    ),
  install: z
    .array(z.enum(installations))
    .min(1, { error: "guild, user or both" })
    .default(["guild"])
    .describe(
      "Where its commands are: on servers that have added it, with users who have added it, or both.",
    ),
  catchUp: catchUpSection.prefault({}).describe("What is answered after the gateway was away."),
});

/** The original's platform-neutral form. Where it is present it replaces `discord`. */
export const messagingSection = z.object({
  platform: z.enum(["discord", "slack"]).default("discord").describe("Only discord is served."),
  config: discordSection.prefault({}).describe("The same fields as `discord`."),
});
