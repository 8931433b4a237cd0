/** What an agent's gateway asks Discord for, and what of it is forwarded. */
import type { DiscordSettings } from "./settings.ts";

/** Bits of Discord's "Gateway Intents". */
export const INTENTS = {
  GUILDS: 1 << 0,
  GUILD_MESSAGES: 1 << 9,
  DIRECT_MESSAGES: 1 << 12,
  /** Privileged: it has to be switched on in the developer portal. */
  MESSAGE_CONTENT: 1 << 15,
} as const;

/**
 * The intents to identify with: no more than the character needs. Messages that mention the bot and DMs come with their
 * content in any case, so an agent that answers nothing else does without the privileged one.
 */
export function gatewayIntents({ dm, trigger }: Pick<DiscordSettings, "dm" | "trigger">): number {
  return (
    INTENTS.GUILDS |
    INTENTS.GUILD_MESSAGES |
    (dm ? INTENTS.DIRECT_MESSAGES : 0) |
    (trigger === "mention" ? 0 : INTENTS.MESSAGE_CONTENT)
  );
}

/** Dispatch events that the Worker makes something of. */
export const FORWARDED_EVENTS = [
  "READY",
  "RESUMED",
  "GUILD_CREATE",
  "GUILD_DELETE",
  "GUILD_ROLE_UPDATE",
  "CHANNEL_CREATE",
  "CHANNEL_UPDATE",
  "CHANNEL_DELETE",
  "THREAD_CREATE",
  "THREAD_UPDATE",
  "THREAD_DELETE",
  "THREAD_LIST_SYNC",
  "MESSAGE_CREATE",
  "MESSAGE_UPDATE",
  "MESSAGE_DELETE",
  "MESSAGE_DELETE_BULK",
  "INTERACTION_CREATE",
] as const;

/** @see FORWARDED_EVENTS */
export type ForwardedEvent = (typeof FORWARDED_EVENTS)[number];
