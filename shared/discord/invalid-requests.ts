/**
 * Requests that Discord refuses, counted: 10,000 of them in ten minutes ban the address they come from, for all who
 * share it. We stop long before that.
 *
 * @see https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
import type { RestAnswer } from "./rest-answer.ts";

const WINDOW_MS = 600_000;

/** Refused requests in ten minutes after which one client makes no more. */
export const MAX_INVALID = 1_000;

/** How much of that is used up when somebody is told. */
const TOLD_AT = [100, 250, 500, 750] as const;

/** How long nothing is sent with a token that was refused, in milliseconds. */
const TOKEN_REFUSED_MS = 60_000;

/** Why nothing may be sent. */
export type Stop = "token_refused" | "too_many_invalid";

/** What there is to tell after an answer. `ms`: how long nothing is sent. */
export type BudgetNews = { type: "invalid"; refused: number } | { type: "stop"; because: Stop; ms: number };

/** Counts refused requests of one client. Times are Unix milliseconds. */
export class InvalidRequests {
  /** When each was refused, oldest first. */
  readonly #refusedAt: number[] = [];
  #tokenRefusedUntil = 0;
  /** How much of the budget was used up when it was told last. */
  #told = 0;

  /**
   * Takes note of an answer.
   *
   * @param asked.usedBotToken a 401 to the bot's token stops all that need it.
   * @returns what it changes, where somebody should know.
   */
  note(answer: RestAnswer, asked: { usedBotToken: boolean }, now: number): BudgetNews | undefined {
    while ((this.#refusedAt[0] ?? now) <= now - WINDOW_MS) this.#refusedAt.shift();
    if (!counts(answer)) return undefined;
    this.#refusedAt.push(now);
    const used = this.#news(now);
    const isTokenRefused = answer.kind === "refused" && answer.refusal.status === 401;
    if (!isTokenRefused || !asked.usedBotToken) return used;
    this.#tokenRefusedUntil = now + TOKEN_REFUSED_MS;
    return { type: "stop", because: "token_refused", ms: TOKEN_REFUSED_MS };
  }

  /** Each threshold is told when it is reached, and again only after the count has halved. */
  #news(now: number): BudgetNews | undefined {
    const refused = this.#refusedAt.length;
    if (refused < this.#told / 2) this.#told = 0;
    const reached = [...TOLD_AT, MAX_INVALID].findLast((threshold) => refused >= threshold) ?? 0;
    if (reached <= this.#told) return undefined;
    this.#told = reached;
    if (reached < MAX_INVALID) return { type: "invalid", refused };
    const first = this.#refusedAt.at(-MAX_INVALID) ?? now;
    return { type: "stop", because: "too_many_invalid", ms: first + WINDOW_MS - now };
  }

  /** Whether a request may not be made now, and why. */
  stop({ usesBotToken }: { usesBotToken: boolean }, now: number): Stop | undefined {
    if (usesBotToken && now < this.#tokenRefusedUntil) return "token_refused";
    const recent = this.#refusedAt.length < MAX_INVALID ? undefined : this.#refusedAt.at(-MAX_INVALID);
    return recent !== undefined && recent > now - WINDOW_MS ? "too_many_invalid" : undefined;
  }
}

/** Discord's own 401 and 403, and 429s; but a limit that the bot shares with others is none of its fault. */
function counts(answer: RestAnswer): boolean {
  if (answer.kind === "limited") return answer.scope !== "shared";
  return answer.kind === "refused" && (answer.refusal.status === 401 || answer.refusal.status === 403);
}
