/** What Discord's REST API says about its Gateway: address, number of shards, and how many sessions may be started. */
import { USER_AGENT } from "../shared/discord/user-agent.ts";
import {
  budgetNews,
  earliestIdentify,
  type IdentifyThrottle,
  refreshThrottle,
  reserveIdentify,
} from "../shared/gateway/identify-throttle.ts";
import {
  type GatewayInfo,
  type LookupFailure,
  lookupWaitMs,
  readLookup,
  tellFailure,
} from "../shared/gateway/lookup.ts";
import type { NotReady, NotReadyCause } from "../shared/gateway/readiness.ts";
import type { Logger } from "../shared/log.ts";
import { sleep } from "./backoff.ts";

/** One answer serves all shards that ask at about the same time. */
const FRESH_MS = 5_000;
const TIMEOUT_MS = 10_000;

/** Discord refuses the token; asking again would bring the address nearer to a ban. */
export class BotTokenError extends Error {
  override readonly name = "BotTokenError";
}

export interface GatewayDirectoryOptions {
  apiBaseUrl: string;
  botToken: string;
  logger: Logger;
  /** A clock in milliseconds. */
  now: () => number;
  random: () => number;
  /** Ends all waiting. */
  signal: AbortSignal;
  /** Waits so many milliseconds, or until the signal fires. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Shared by all shards of a process, as their slots are. */
export class GatewayDirectory {
  readonly #options: GatewayDirectoryOptions;
  /** `at`: when the answer came; `null` before. */
  #asked: { at: number | null; answer: Promise<GatewayInfo> } | null = null;
  #waiting: { failure: LookupFailure; until: number } | null = null;
  #throttle: IdentifyThrottle | null = null;

  constructor(options: GatewayDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Asks Discord until it answers; whoever asks meanwhile gets the same answer.
   *
   * @throws BotTokenError when it refuses the token, Error after the signal has fired.
   */
  botInfo(): Promise<GatewayInfo> {
    const { now } = this.#options;
    const asked = this.#asked;
    if (asked !== null && (asked.at === null || now() - asked.at < FRESH_MS)) return asked.answer;
    const answer = this.#ask();
    const asking: typeof asked = { at: null, answer };
    this.#asked = asking;
    answer.then(
      ({ limit }) => {
        asking.at = now();
        this.#setThrottle(refreshThrottle(this.#throttle, limit, now()));
      },
      () => {
        // Who asks again hears the same.
      },
    );
    return answer;
  }

  /** What keeps Discord from answering; `null` while nothing does. */
  get problem(): NotReady | null {
    if (this.#waiting === null) return null;
    const { failure, until } = this.#waiting;
    const seconds = Math.max(0, Math.ceil((until - this.#options.now()) / 1000));
    const says = `GET /gateway/bot: ${tellFailure(failure)}; asked again in ${seconds} s`;
    return { cause: causes[failure.kind], says };
  }

  /** Session starts that are left; `null` before Discord has told. */
  get remainingIdentifies(): number | null {
    return this.#throttle?.remaining ?? null;
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
    this.#setThrottle(throttle);
    return at;
  }

  #setThrottle(throttle: IdentifyThrottle): void {
    const { logger, now } = this.#options;
    const news = budgetNews(this.#throttle, throttle);
    this.#throttle = throttle;
    if (news === null) return;
    const { remaining, total, resetsAt } = throttle;
    const resetInSeconds = Math.max(0, Math.ceil((resetsAt - now()) / 1000));
    logger.log(remaining <= 0 ? "error" : "warn", "identify.budget_low", {
      remaining,
      total,
      resetInSeconds,
    });
  }

  async #ask(): Promise<GatewayInfo> {
    const { logger, now, random, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const lookup = await this.#request();
      if (lookup.kind === "found") {
        const { info } = lookup;
        this.#waiting = null;
        if (info.unread.length > 0)
          logger.log("warn", "discord.partly_read", { fields: info.unread.join(", ") });
        return info;
      }
      if (lookup.kind === "token-refused") {
        this.#waiting = null;
        throw new BotTokenError(
          "Discord refuses the bot token (401). Copy or reset it under Bot in the Discord Developer Portal (https://discord.com/developers/applications), set DISCORD_BOT_TOKEN to it and restart the gateway.",
        );
      }
      const waitMs = lookupWaitMs(lookup, attempt, random);
      this.#waiting = { failure: lookup, until: now() + waitMs };
      const message = `GET /gateway/bot: ${tellFailure(lookup)}`;
      logger.log("warn", "discord.unavailable", { message, cause: causes[lookup.kind], waitMs });
      await (this.#options.sleep ?? sleep)(waitMs, signal);
      signal.throwIfAborted();
    }
  }

  async #request(): Promise<ReturnType<typeof readLookup>> {
    const { apiBaseUrl, botToken, signal } = this.#options;
    try {
      const response = await fetch(`${apiBaseUrl}/gateway/bot`, {
        headers: { Authorization: `Bot ${botToken}`, "User-Agent": USER_AGENT },
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const { status, headers } = response;
      return readLookup({ status, headers, text: await response.text() });
    } catch (error) {
      return { kind: "away", status: null, message: error instanceof Error ? error.message : "none" };
    }
  }
}

const causes: Readonly<Record<LookupFailure["kind"], NotReadyCause>> = {
  limited: "retry-after",
  away: "discord-away",
  network: "network-refusal",
  refused: "discord-refusal",
};
