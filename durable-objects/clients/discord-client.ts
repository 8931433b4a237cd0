import { type SecretReader, secretNames, secretReader } from "../../shared/character/secrets.ts";
import { DISCORD_API, DiscordRest, type DiscordRestOptions } from "../../shared/discord/rest.ts";
import { restLog } from "../../shared/discord/rest-events.ts";
import { createLogger, type Logger } from "../../shared/log.ts";
import { withDeadline } from "../../shared/time/deadline.ts";
import { sleep } from "../../shared/time/sleep.ts";
import type { Env } from "../env.ts";

/** How long a request waits to be granted, in milliseconds: without the hub it goes ahead. */
const PERMIT_MS = 1_000;

/** A client for an agent's bot, or the names of the variables that may hold the token it lacks. */
export type DiscordConnection = { rest: DiscordRest } | { missing: string };

/**
 * Makes the client that one Durable Object talks to Discord with, for as long as it lives.
 *
 * @param log hears what requests wait for; `rest.with({ trace })` has it say for the sake of which event.
 */
export function connectDiscord(
  env: Env,
  agent: string,
  log: Logger = createLogger({ agent }),
): DiscordConnection {
  const secret = secretReader({ ...env }, agent);
  const token = secret("DISCORD_BOT_TOKEN");
  if (token === undefined) return { missing: secretNames(agent, "DISCORD_BOT_TOKEN").join(" or ") };
  const rest = new DiscordRest({
    ...{ ...surroundings(secret, log), token },
    permit: (withinMs, trace) => permit(env, agent, withinMs, log.with({ trace })),
  });
  return { rest };
}

/**
 * Makes a client for routes that carry a token of their own: it works without a bot, and for nothing else.
 *
 * @see connectDiscord
 */
export function connectTokenRoutes(
  env: Env,
  agent: string,
  log: Logger = createLogger({ agent }),
): DiscordRest {
  return new DiscordRest({ ...surroundings(secretReader({ ...env }, agent), log), token: "" });
}

function surroundings(secret: SecretReader, log: Logger): Omit<DiscordRestOptions, "token"> {
  return {
    baseUrl: (secret("DISCORD_API_BASE_URL") ?? DISCORD_API).replace(/\/+$/, ""),
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    random: Math.random,
    sleep,
    observe: restLog(log),
  };
}

/** Milliseconds to wait for the bot's turn among all of its conversations. */
async function permit(env: Env, agent: string, withinMs: number, log: Logger): Promise<number> {
  try {
    const granted = Promise.resolve(env.AGENT_HUB.getByName(agent).discordPermit(withinMs));
    return (await withDeadline(granted, PERMIT_MS)).waitMs;
  } catch (error) {
    // The hub restarts with each deploy; Discord's own answer still holds the bot back.
    log.log("debug", "discord.permit_missing", { cause: String(error) });
    return 0;
  }
}
