/** A command that speaks to Discord, run on agents of a test and against a fake Discord. */
import type { DiscordCommandIo } from "../../../cli/discord/bot.ts";
import { defineAgents } from "../../../shared/character/registry.ts";
import type { FakeDiscord } from "../../support/discord/fake-discord.ts";

export const minimal = { name: "Dev-E", personality: "You are Dev-E.", discord: { channels: [] } };

/** The io of `dev-e` with `fields` in its character; `output` and `errors` are what was written so far. */
export function commandIo(
  discord: FakeDiscord,
  fields: Record<string, unknown> = {},
  environment: Record<string, string> = { DEV_E__DISCORD_BOT_TOKEN: discord.token },
) {
  const written = { output: "", errors: "" };
  const io: DiscordCommandIo = {
    agents: defineAgents({ "dev-e": { ...minimal, ...fields } }),
    environment: { DISCORD_API_BASE_URL: discord.restUrl, ...environment },
    write: (text) => {
      written.output += text;
    },
    writeError: (text) => {
      written.errors += text;
    },
  };
  return { io, written };
}
