import type { RESTPostAPIWebhookWithTokenJSONBody } from "discord-api-types/v10";
import * as z from "zod";
import { secretReader } from "../../../../shared/character/secrets.ts";
import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import { DiscordRest } from "../../../../shared/discord/rest.ts";
import { splitText } from "../../../../shared/discord/split.ts";
import { readWebhookUrl, type WebhookAddress } from "../../../../shared/discord/webhook-url.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordWebhookTarget } from "../../../../shared/session/event.ts";
import { webhookUrl } from "../../../../shared/session/posted-target.ts";
import { sleep } from "../../../../shared/time/sleep.ts";
import { findAgentIfAny } from "../../../agent/find-agent.ts";
import type { Env } from "../../../env.ts";
import type { SessionDatabase } from "../../database.ts";
import type { OutboxRow } from "../../engine/schema.ts";
import { type Delivery, SENT } from "../delivery.ts";
import { PostStore } from "../discord/post-store.ts";

/** How long one try takes before the turn is left to the watchdog, in milliseconds. */
const DELIVERY_MS = 25_000;
/** How long an answer is tried to be delivered, in milliseconds: the conversation waits for it. */
const GIVE_UP_MS = 3_600_000;

/** What stands in for Discord may answer something else; it has taken the message all the same. */
const message = z.object({ id: z.string() });

/**
 * Posts answers by way of a Discord webhook (Discord, "Execute Webhook").
 *
 * A webhook knows no nonce and shows no list of what it has posted. So each part is written down before it is sent and after
 * Discord has it: what is known to be there is not sent again, and a part whose fate nobody knows is, for a doubled part
 * is better than a lost one.
 */
export class WebhookDelivery {
  readonly #env: Env;
  readonly #agent: string;
  readonly #posts: PostStore;
  readonly #log: Logger;
  /** One client for each place that webhooks are at, because it knows the limits there. */
  readonly #clients = new Map<string, DiscordRest>();

  constructor(env: Env, agent: string, db: SessionDatabase, log: Logger) {
    this.#env = env;
    this.#agent = agent;
    this.#posts = new PostStore(db);
    this.#log = log;
  }

  /** @throws DiscordError when it may be tried again; what is there already is known. */
  async deliver({ turnId, text, createdAt }: OutboxRow, target: DiscordWebhookTarget): Promise<Delivery> {
    const address = this.#address(target);
    if ("missing" in address) return this.#undeliverable(turnId, address.missing);
    try {
      for (const [part, content] of splitText(text).entries())
        await this.#post({ turnId, part, content }, address, target.threadId);
      return SENT;
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      const isTooLate = Date.now() - createdAt > GIVE_UP_MS;
      if (!isFinal(error) && !isTooLate) throw error;
      return this.#undeliverable(turnId, error.message);
    }
  }

  async #post(
    { turnId, part, content }: { turnId: string; part: number; content: string },
    { baseUrl, id, token }: WebhookAddress,
    threadId: string | undefined,
  ): Promise<void> {
    const earlier = this.#posts.find({ turnId, part });
    if (earlier?.confirmed) return;
    if (earlier) this.#log.log("warn", "webhook.sent_again", { turn: turnId, part });
    this.#posts.beginCreate({ turnId, part, channelId: id, content, controls: [] }, Date.now());
    const body: RESTPostAPIWebhookWithTokenJSONBody = { content, allowed_mentions: { parse: [] } };
    const thread = threadId === undefined ? "" : `&thread_id=${threadId}`;
    const path = `/webhooks/${id}/${token}?wait=true${thread}`;
    const request = { method: "POST", path, body, deadline: Date.now() + DELIVERY_MS } as const;
    try {
      const made = message.safeParse(await this.#client(baseUrl).request(request)).data;
      this.#posts.confirm(turnId, part, {
        messageId: made?.id ?? null,
        content,
        hasFile: false,
        controls: [],
      });
    } catch (error) {
      if (error instanceof DiscordError && isFinal(error)) this.#posts.remove(turnId, part);
      throw error;
    }
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
    });
    this.#clients.set(baseUrl, client);
    return client;
  }

  #undeliverable(turn: string, cause: string): Delivery {
    this.#log.log("error", "webhook.undeliverable", { turn, cause });
    const failure = {
      code: "undeliverable",
      message: `The Discord webhook did not take the answer: ${cause}`,
    };
    return { status: "undeliverable", failure };
  }
}
