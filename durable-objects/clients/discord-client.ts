import { type SecretReader, secretNames, secretReader } from "../../shared/character/secrets.ts";
import { DISCORD_API, DiscordRest, type DiscordRestOptions } from "../../shared/discord/rest.ts";
import { withDeadline } from "../../shared/time/deadline.ts";
import { sleep } from "../../shared/time/sleep.ts";
import type { Env } from "../env.ts";

/** How long a request waits to be granted, in milliseconds: without the hub it goes ahead. */
const PERMIT_MS = 1_000;

/** A client for an agent's bot, or the names of the variables that may hold the token it lacks. */
export type DiscordConnection = { rest: DiscordRest } | { missing: string };

/** Makes the client that one Durable Object talks to Discord with, for as long as it lives. */
export function connectDiscord(env: Env, agent: string): DiscordConnection {
  const secret = secretReader({ ...env }, agent);
  const token = secret("DISCORD_BOT_TOKEN");
  if (token === undefined) return { missing: secretNames(agent, "DISCORD_BOT_TOKEN").join(" or ") };
  const rest = new DiscordRest({
    ...{ ...surroundings(secret), token },
    permit: (withinMs) => permit(env, agent, withinMs),
  });
  return { rest };
}

/** Makes a client for routes that carry a token of their own: it works without a bot, and for nothing else. */
export function connectTokenRoutes(env: Env, agent: string): DiscordRest {
  return new DiscordRest({ ...surroundings(secretReader({ ...env }, agent)), token: "" });
}

function surroundings(secret: SecretReader): Omit<DiscordRestOptions, "token"> {
  return {
    baseUrl: (secret("DISCORD_API_BASE_URL") ?? DISCORD_API).replace(/\/+$/, ""),
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    random: Math.random,
    sleep,
  };
}

/** Milliseconds to wait for the bot's turn among all of its conversations. */
async function permit(env: Env, agent: string, withinMs: number): Promise<number> {
  try {
    const granted = Promise.resolve(env.AGENT_HUB.getByName(agent).discordPermit(withinMs));
    return (await withDeadline(granted, PERMIT_MS)).waitMs;
  } catch {
    // The hub restarts with each deploy; Discord's own answer still holds the bot back.
    return 0;
  }
}
