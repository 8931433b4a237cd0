import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Logger } from "../../../../shared/log.ts";
import {
  connectDiscord,
  connectTokenRoutes,
  type DiscordConnection,
} from "../../../clients/discord-client.ts";
import type { Env } from "../../../env.ts";

/** The clients of one conversation for Discord. Each knows its limits, so it is made once. */
export class DiscordConnections {
  readonly #env: Env;
  readonly #agent: string;
  readonly #log: Logger;
  #bot: DiscordConnection | undefined;
  #tokenRoutes: DiscordRest | undefined;

  constructor(env: Env, agent: string, log: Logger) {
    this.#env = env;
    this.#agent = agent;
    this.#log = log;
  }

  /** The client that knows the bot's limits, or which secret is missing. */
  get bot(): DiscordConnection {
    this.#bot ??= connectDiscord(this.#env, this.#agent, this.#log);
    return this.#bot;
  }

  /** For routes that carry a token of their own: an interaction can be answered without a bot. */
  get tokenRoutes(): DiscordRest {
    if ("rest" in this.bot) return this.bot.rest;
    this.#tokenRoutes ??= connectTokenRoutes(this.#env, this.#agent, this.#log);
    return this.#tokenRoutes;
  }
}
