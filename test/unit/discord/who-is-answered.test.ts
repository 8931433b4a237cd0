import { describe, expect, it } from "vitest";
import { discordSection } from "../../../shared/character/sections/discord.ts";
import type { DiscordMessage } from "../../../shared/discord/read-message.ts";
import {
  decideAtBest,
  type Place,
  type Standing,
  whoIsAnswered,
} from "../../../shared/discord/who-is-answered.ts";
import { ME, MIA, message } from "./messages.ts";

const BOT = "900000000000000009";
const CHANNEL = "700000000000000001";
const HELP: Place = {
  kind: "channel",
  channelId: CHANNEL,
  guildId: "600000000000000001",
  type: 0,
  name: "help",
};
const THREAD: Place = {
  kind: "thread",
  channelId: "700000000000000002",
  guildId: "600000000000000001",
  parent: { id: CHANNEL, name: "help" },
};
const DM: Place = { kind: "dm", channelId: "700000000000000003" };
const CHAT: Place = { ...HELP, channelId: "700000000000000004", name: "chat" };

type Settings = Parameters<typeof discordSection.parse>[0];

function decide(
  said: Partial<DiscordMessage> = {},
  place: Place = HELP,
  settings: object = {},
  standing: Partial<Standing> = {},
): string {
  const read = discordSection.parse({ channels: ["#help"], ...settings } as Settings);
  const state = { me: ME, isInvolved: false, botTurns: 0, ...standing };
  const decision = whoIsAnswered(message(said), place, read, state);
  return decision.answer ? "answered" : decision.because;
}

const mention = { mentions: [{ id: ME, username: "rig" }] };
const byBot = { author: { id: BOT, username: "bot", bot: true } };

describe("who is answered", () => {
  it.each<[string, string, Partial<DiscordMessage>, Place, object?, Partial<Standing>?]>([
    ["a person in a listed channel", "answered", {}, HELP],
    ["a person in a channel listed by id", "answered", {}, CHAT, { channels: [CHAT.channelId] }],
    ["a name in other letters", "answered", {}, HELP, { channels: ["Help"] }],
    ["a person elsewhere", "channel-not-listed", {}, CHAT],
    ["a person in a thread of a listed channel", "answered", {}, THREAD],
    ["a person in a thread listed by its id", "answered", {}, THREAD, { channels: [THREAD.channelId] }],
    ["a thread elsewhere", "channel-not-listed", {}, { ...THREAD, parent: { id: "1", name: "chat" } }],
    ["a DM", "answered", {}, DM],
    ["a DM that is not wanted", "dm-not-wanted", {}, DM, { dm: false }],
    ["a DM, whatever the trigger", "answered", {}, DM, { trigger: "mention" }],
    ["a reply", "answered", { type: 19 }, HELP],
    ["the bot itself", "own-message", { author: { id: ME, username: "rig", bot: true } }, HELP],
    [
      "the bot itself, even if allowed",
      "own-message",
      { author: { id: ME, username: "rig" } },
      HELP,
      { allowBots: [ME] },
    ],
    ["Discord's note of a new member", "system-message", { type: 7 }, HELP],
    ["Discord's note of a thread", "system-message", { type: 18 }, HELP],
    ["an application's command", "system-message", { type: 20 }, HELP],
    ["nothing", "empty", { content: " \n" }, HELP],
    [
      "only a file",
      "answered",
      { content: "", attachments: [{ filename: "a", size: 1, url: "https://x/a" }] },
      HELP,
    ],
    ["another bot", "bot-not-allowed", byBot, HELP],
    ["an allowed bot", "answered", byBot, HELP, { allowBots: [BOT] }],
    [
      "an allowed bot, in spite of allowedUsers",
      "answered",
      byBot,
      HELP,
      { allowBots: [BOT], allowedUsers: [MIA.id] },
    ],
    [
      "an allowed bot that was answered enough",
      "too-many-bot-turns",
      byBot,
      HELP,
      { allowBots: [BOT], maxBotTurns: 3 },
      { botTurns: 3 },
    ],
    [
      "an allowed bot before that",
      "answered",
      byBot,
      HELP,
      { allowBots: [BOT], maxBotTurns: 3 },
      { botTurns: 2 },
    ],
    ["a webhook, which is no person", "bot-not-allowed", { webhook_id: MIA.id }, HELP],
    ["a user who is allowed", "answered", {}, HELP, { allowedUsers: [MIA.id] }],
    ["a user who is not", "user-not-allowed", {}, HELP, { allowedUsers: [BOT] }],
    [
      "a user with an allowed role",
      "answered",
      { member: { roles: ["800000000000000001"] } },
      HELP,
      { allowedRoles: ["800000000000000001"] },
    ],
    ["a user without it", "user-not-allowed", {}, HELP, { allowedRoles: ["800000000000000001"] }],
    [
      "a user without it who is allowed by id",
      "answered",
      {},
      HELP,
      { allowedRoles: ["800000000000000001"], allowedUsers: [MIA.id] },
    ],
    [
      "a role in a DM, where there are none",
      "user-not-allowed",
      { member: { roles: ["800000000000000001"] } },
      DM,
      { allowedRoles: ["800000000000000001"] },
    ],
    ["no mention where one is needed", "not-mentioned", {}, HELP, { trigger: "mention" }],
    ["a mention", "answered", mention, HELP, { trigger: "mention" }],
    ["a mention of somebody else", "not-mentioned", { mentions: [MIA] }, HELP, { trigger: "mention" }],
    ["a thread without a mention", "not-mentioned", {}, THREAD, { trigger: "mention" }, { isInvolved: true }],
    ["a thread with the agent in it", "answered", {}, THREAD, { trigger: "involved" }, { isInvolved: true }],
    ["a thread without the agent", "not-mentioned", {}, THREAD, { trigger: "involved" }],
    ["a mention that begins", "answered", mention, HELP, { trigger: "involved" }],
    [
      "a channel, in which involvement does not count",
      "not-mentioned",
      {},
      HELP,
      { trigger: "involved" },
      { isInvolved: true },
    ],
  ])("%s: %s", (_, expected, said, place, settings, standing) => {
    expect(decide(said, place, settings, standing)).toBe(expected);
  });

  it("is nobody the bot takes for itself before it knows who it is", () => {
    const settings = discordSection.parse({ channels: ["#help"] });
    const own = message({ author: { id: ME, username: "rig", bot: true } });
    const state = { me: undefined, isInvolved: false, botTurns: 0 };
    expect(whoIsAnswered(own, HELP, settings, state).answer).toBe(false);
  });

  it("may turn out to be answered whoever could be, had others spoken before", () => {
    const settings = discordSection.parse({
      channels: ["#help"],
      trigger: "involved",
      allowBots: [BOT],
      maxBotTurns: 1,
    });
    expect(decideAtBest(message(), THREAD, settings, ME).answer).toBe(true);
    expect(decideAtBest(message(byBot), THREAD, settings, ME).answer).toBe(true);
    expect(decideAtBest(message(), HELP, settings, ME).answer).toBe(false);
    expect(decideAtBest(message(mention), CHAT, settings, ME).answer).toBe(false);
  });
});
