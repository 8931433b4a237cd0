import { secretReader } from "../../../../shared/character/secrets.ts";
import { heldBackPosts } from "../../../../shared/discord/answer-posts.ts";
import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import { DiscordRest } from "../../../../shared/discord/rest.ts";
import { restLog } from "../../../../shared/discord/rest-events.ts";
import { splitText } from "../../../../shared/discord/split.ts";
import { readWebhookUrl, type WebhookAddress } from "../../../../shared/discord/webhook-url.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordWebhookTarget, InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import { webhookUrl } from "../../../../shared/session/posted-target.ts";
import { sleep } from "../../../../shared/time/sleep.ts";
import { findAgentIfAny } from "../../../agent/find-agent.ts";
import type { Env } from "../../../env.ts";
import type { TurnState } from "../../engine/turn-state.ts";
import { type Display, standing } from "../discord/desired.ts";
import type { PostStore } from "../discord/post-store.ts";
import type { PlacedAnswer, PostedSurface } from "../discord/posted-surface.ts";
import type { PostRow } from "../discord/schema.ts";
import { WebhookPlacement } from "./webhook-placement.ts";

/** Answers by way of a Discord webhook, whole and when they are complete. */
export class WebhookSurface implements PostedSurface {
  readonly name = "webhook";
  readonly isLive = false;
  readonly patienceMs = 3_600_000;
  readonly #env: Env;
  readonly #agent: string;
  readonly #posts: PostStore;
  readonly #log: Logger;
  /** One client for each place that webhooks are at, because it knows the limits there. */
  readonly #clients = new Map<string, DiscordRest>();

  constructor(env: Env, agent: string, posts: PostStore, log: Logger) {
    this.#env = env;
    this.#agent = agent;
    this.#posts = posts;
    this.#log = log;
  }

  answers({ kind }: ReplyTarget): boolean {
    return kind === "discord-webhook";
  }

  placementFor(
    turnId: string,
    { id: trace, target }: InboundEvent,
    log: Logger,
  ): PlacedAnswer | { missing: string } {
    if (target.kind !== "discord-webhook") throw new Error(`no webhook: ${target.kind}`);
    const address = this.#address(target);
    if ("missing" in address) return address;
    const rest = this.#client(address.baseUrl).with({ trace });
    const { threadId } = target;
    return {
      placement: new WebhookPlacement({ turnId, address, threadId, rest, posts: this.#posts, log }),
      rest,
    };
  }

  desired({ unsaid }: TurnState): DesiredPosts | undefined {
    return unsaid === null ? undefined : { parts: splitText(unsaid) };
  }

  complete(
    _turn: TurnState,
    text: string,
    posted: readonly PostRow[],
    { isHeldBack }: Display,
  ): DesiredPosts {
    return isHeldBack ? heldBackPosts(standing(posted)) : { parts: splitText(text) };
  }

  #address(target: DiscordWebhookTarget): WebhookAddress | { missing: string } {
    const character = findAgentIfAny(this.#agent)?.character;
    if (!character) return { missing: "the agent is gone" };
    const secret = secretReader({ ...this.#env }, this.#agent);
    const reading = webhookUrl(target, character, secret);
    if ("missing" in reading) return reading;
    const address = readWebhookUrl(reading.url, secret("DISCORD_API_BASE_URL"));
    return address ?? { missing: "it is not the URL of a Discord webhook" };
  }

  #client(baseUrl: string): DiscordRest {
    const known = this.#clients.get(baseUrl);
    if (known) return known;
    const client = new DiscordRest({
      ...{ baseUrl, token: "", now: Date.now, random: Math.random, sleep },
      fetch: (url, init) => fetch(url, init),
      observe: restLog(this.#log),
    });
    this.#clients.set(baseUrl, client);
    return client;
  }
}
