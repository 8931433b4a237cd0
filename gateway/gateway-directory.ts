/** What Discord's REST API says about its Gateway: address, number of shards, and how many sessions may be started. */
import type { APIGatewayBotInfo } from "discord-api-types/v10";
import { USER_AGENT } from "../shared/discord/user-agent.ts";
import {
  earliestIdentify,
  type IdentifyThrottle,
  refreshThrottle,
  reserveIdentify,
} from "../shared/gateway/identify-throttle.ts";
import { isRecord } from "../shared/gateway/payload.ts";
import { isGatewayUrl } from "../shared/gateway/url.ts";
import type { Logger } from "../shared/log.ts";
import { backoffMs, sleep } from "./backoff.ts";

/** One answer serves all shards that ask at about the same time. */
const FRESH_MS = 5_000;
const TIMEOUT_MS = 10_000;

/** Discord refuses the token; asking again would bring the address nearer to a ban. */
export class BotTokenError extends Error {
  override readonly name = "BotTokenError";
}

type BotInfo = Pick<APIGatewayBotInfo, "url" | "shards" | "session_start_limit">;

export interface GatewayDirectoryOptions {
  apiBaseUrl: string;
  botToken: string;
  logger: Logger;
  /** A clock in milliseconds. */
  now: () => number;
  random: () => number;
  /** Ends all waiting. */
  signal: AbortSignal;
}

/** Shared by all shards of a process, as their slots are. */
export class GatewayDirectory {
  readonly #options: GatewayDirectoryOptions;
  #asked: { at: number; answer: Promise<BotInfo> } | null = null;
  #throttle: IdentifyThrottle | null = null;

  constructor(options: GatewayDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Asks Discord until it answers.
   *
   * @throws BotTokenError when it refuses the token, Error after the signal has fired.
   */
  botInfo(): Promise<BotInfo> {
    const { now } = this.#options;
    if (this.#asked !== null && now() - this.#asked.at < FRESH_MS) return this.#asked.answer;
    const asked = { at: now(), answer: this.#ask() };
    this.#asked = asked;
    asked.answer.then(
      (info) => {
        asked.at = now();
        this.#throttle = refreshThrottle(this.#throttle, info.session_start_limit, now());
      },
      () => {},
    );
    return asked.answer;
  }

  /** When a shard could IDENTIFY at the earliest. */
  earliestIdentify(shardIndex: number): number {
    const now = this.#options.now();
    return this.#throttle === null ? now : earliestIdentify(this.#throttle, shardIndex, now);
  }

  /** Takes the next slot of a shard's bucket. */
  reserveIdentify(shardIndex: number): number {
    const now = this.#options.now();
    if (this.#throttle === null) return now;
    const { throttle, at } = reserveIdentify(this.#throttle, shardIndex, now);
    this.#throttle = throttle;
    return at;
  }

  async #ask(): Promise<BotInfo> {
    const { logger, random, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#request();
      if ("info" in answer) return answer.info;
      logger.log("warn", "discord.unavailable", { message: answer.message });
      await sleep(Math.max(backoffMs(attempt, random), answer.retryAfterMs), signal);
      signal.throwIfAborted();
    }
  }

  async #request(): Promise<{ info: BotInfo } | { message: string; retryAfterMs: number }> {
    const { apiBaseUrl, botToken, signal } = this.#options;
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(`${apiBaseUrl}/gateway/bot`, {
        headers: { Authorization: `Bot ${botToken}`, "User-Agent": USER_AGENT },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      body = await response.json();
    } catch (error) {
      return { message: error instanceof Error ? error.message : "no answer", retryAfterMs: 0 };
    }
    if (response.status === 401)
      throw new BotTokenError(
        "Discord refuses the bot token (401). Copy or reset it under Bot in the Discord Developer Portal (https://discord.com/developers/applications), set DISCORD_BOT_TOKEN to it and restart the gateway.",
      );
    const info = response.ok ? readInfo(body) : null;
    if (info !== null) return { info };
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
    return { message: `GET /gateway/bot: ${response.status}`, retryAfterMs };
  }
}

function readInfo(json: unknown): BotInfo | null {
  if (!isRecord(json) || typeof json.shards !== "number") return null;
  if (typeof json.url !== "string" || !isGatewayUrl(json.url)) return null;
  const limit = isRecord(json.session_start_limit) ? json.session_start_limit : {};
  const { total, remaining, reset_after, max_concurrency } = limit;
  if (typeof total !== "number" || typeof remaining !== "number") return null;
  if (typeof reset_after !== "number" || typeof max_concurrency !== "number") return null;
  return {
    url: json.url,
    shards: Math.max(1, json.shards),
    session_start_limit: { total, remaining, reset_after, max_concurrency },
  };
}
