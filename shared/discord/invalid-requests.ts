/**
 * Requests that Discord refuses, counted: 10,000 of them in ten minutes ban the address they come from, for all who
 * share it. We stop long before that.
 *
 * @see https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
const WINDOW_MS = 600_000;

/** Refused requests in ten minutes after which one client makes no more. */
export const MAX_INVALID = 1_000;

/** How long nothing is sent with a token that was refused, in milliseconds. */
const TOKEN_REFUSED_MS = 60_000;

/** Why nothing may be sent. */
export type Stop = "token_refused" | "too_many_invalid";

/** Counts refused requests of one client. Times are Unix milliseconds. */
export class InvalidRequests {
  /** When each was refused, oldest first. */
  readonly #refusedAt: number[] = [];
  #tokenRefusedUntil = 0;

  /**
   * Takes note of an answer.
   *
   * @param answer.isShared a 429 of a limit that the bot shares with others is none of its fault.
   * @param answer.usedBotToken a 401 to the bot's token stops all that need it.
   */
  note(answer: { status: number; isShared: boolean; usedBotToken: boolean }, now: number): void {
    const { status, isShared, usedBotToken } = answer;
    if (status === 401 && usedBotToken) this.#tokenRefusedUntil = now + TOKEN_REFUSED_MS;
    if (status === 401 || status === 403 || (status === 429 && !isShared)) this.#refusedAt.push(now);
    while ((this.#refusedAt[0] ?? now) <= now - WINDOW_MS) this.#refusedAt.shift();
  }

  /** Whether a request may not be made now, and why. */
  stop({ usesBotToken }: { usesBotToken: boolean }, now: number): Stop | undefined {
    if (usesBotToken && now < this.#tokenRefusedUntil) return "token_refused";
    const recent = this.#refusedAt.length < MAX_INVALID ? undefined : this.#refusedAt.at(-MAX_INVALID);
    return recent !== undefined && recent > now - WINDOW_MS ? "too_many_invalid" : undefined;
  }
}
