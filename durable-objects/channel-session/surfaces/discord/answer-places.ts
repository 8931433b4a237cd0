import type { DiscordError } from "../../../../shared/discord/errors.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordTarget, InteractionTarget, ReplyTarget } from "../../../../shared/session/event.ts";
import {
  connectDiscord,
  connectTokenRoutes,
  type DiscordConnection,
} from "../../../clients/discord-client.ts";
import { callHub } from "../../../clients/hub-client.ts";
import type { Env } from "../../../env.ts";
import { ChannelPlacement } from "../discord-channel/channel-placement.ts";
import { InteractionPlacement } from "../discord-interaction/interaction-placement.ts";
import type { Placement } from "./placement.ts";
import type { PostStore } from "./post-store.ts";

/** A target whose answer is shown in Discord as it grows. */
export type ShownTarget = DiscordTarget | InteractionTarget;

export function isDiscordTarget(target: ReplyTarget): target is ShownTarget {
  return target.kind === "discord" || target.kind === "interaction";
}

/** Where an answer goes, and the client that takes it there. */
export interface AnswerPlace {
  placement: Placement;
  rest: DiscordRest;
}

/** What {@link AnswerPlaces} need. */
export interface AnswerPlacesOptions {
  env: Env;
  agent: string;
  posts: PostStore;
}

/** The places that the answers of one conversation can go to in Discord, with the clients for them. */
export class AnswerPlaces {
  readonly #options: AnswerPlacesOptions;
  #bot: DiscordConnection | undefined;
  #tokenRoutes: DiscordRest | undefined;

  constructor(options: AnswerPlacesOptions) {
    this.#options = options;
  }

  /** The client that knows the bot's limits, or which secret is missing. */
  get bot(): DiscordConnection {
    this.#bot ??= connectDiscord(this.#options.env, this.#options.agent);
    return this.#bot;
  }

  /** @returns what is missing when the answer cannot be posted. An interaction can be answered without a bot. */
  of(turnId: string, target: ShownTarget, log: Logger): AnswerPlace | { missing: string } {
    const { posts } = this.#options;
    const { bot } = this;
    if (target.kind === "interaction") {
      const rest = "rest" in bot ? bot.rest : this.#withoutBot();
      const placement = new InteractionPlacement({ turnId, target, rest, bot, posts, log, now: Date.now });
      return { placement, rest };
    }
    if ("missing" in bot) return bot;
    const { rest } = bot;
    const threadRefused = (error: DiscordError) => this.#noteThreadRefused(target.channelId, error, log);
    return { placement: new ChannelPlacement({ turnId, target, rest, posts, threadRefused }), rest };
  }

  #withoutBot(): DiscordRest {
    this.#tokenRoutes ??= connectTokenRoutes(this.#options.env, this.#options.agent);
    return this.#tokenRoutes;
  }

  #noteThreadRefused(channel: string, { code, message }: DiscordError, log: Logger): void {
    const { env, agent } = this.#options;
    log.log("warn", "discord.no_thread", { cause: message });
    if (code !== "forbidden") return;
    const note = { channel, cause: message };
    void callHub(env, agent, (hub) => hub.noteThreadRefused(note)).catch(() => {
      log.log("error", "discord.thread_refused", { cause: message });
    });
  }
}
