import type { Character } from "../character/schema.ts";
import { discordSection } from "../character/sections/discord.ts";

/** What a character says about Discord. */
export type DiscordSettings = NonNullable<Character["discord"]>;

/**
 * A character's `messaging` where it is there, else its `discord`, else the defaults, which answer DMs only. An agent of
 * another platform is silent in Discord.
 */
export function discordSettings({ messaging, discord }: Character): DiscordSettings {
  if (messaging && messaging.platform !== "discord") return discordSection.parse({ dm: false });
  return messaging?.config ?? discord ?? discordSection.parse({});
}
