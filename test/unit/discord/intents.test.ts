import { GatewayIntentBits } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { gatewayIntents, INTENTS } from "../../../shared/discord/intents.ts";

describe("the intents of an agent", () => {
  it("are Discord's own bits", () => {
    expect(INTENTS).toEqual({
      GUILDS: GatewayIntentBits.Guilds,
      GUILD_MESSAGES: GatewayIntentBits.GuildMessages,
      DIRECT_MESSAGES: GatewayIntentBits.DirectMessages,
      MESSAGE_CONTENT: GatewayIntentBits.MessageContent,
    });
  });

  it.each([
    [{ dm: true, trigger: "all" }, 1 | 512 | 4096 | 32768],
    [{ dm: false, trigger: "involved" }, 1 | 512 | 32768],
    [{ dm: true, trigger: "mention" }, 1 | 512 | 4096],
    [{ dm: false, trigger: "mention" }, 1 | 512],
  ] as const)("are no more than it needs: %j", (settings, intents) => {
    expect(gatewayIntents(settings)).toBe(intents);
  });
});
