/**
 * What went wrong, in terms of what can be done about it. The first four are Discord's own words; what the network in between
 * says in its place is `unavailable`, whatever its status.
 *
 * @see readRestAnswer
 */
export type DiscordFailure =
  /** 401: the bot token is not (or no longer) valid. */
  | "unauthorized"
  /** 403: the bot may not do that there. */
  | "forbidden"
  /** 404: there is no such channel or message. */
  | "not_found"
  /** Any other 4xx: Discord does not take the request as it is. */
  | "bad_request"
  /** Discord's or our own rate limit leaves no time for it before the deadline. */
  | "rate_limited"
  /** No answer, none that can be read, or one that is not Discord's. */
  | "unavailable"
  /** Too many requests were refused lately: none is made for a while, so that Discord does not ban the address. */
  | "blocked";

/** Details of a {@link DiscordError}. */
export interface DiscordErrorDetail {
  method: string;
  /** The path without ids and tokens. */
  route: string;
  /** HTTP status, unless there was no answer. */
  status?: number;
  /** Discord's own error code, such as 10008 (unknown message). */
  discordCode?: number;
  /** Paths of the fields that Discord does not take. */
  fields?: readonly string[];
  cause?: unknown;
}

/** A request to Discord's REST API failed for good. Its message holds neither a token nor what was sent. */
export class DiscordError extends Error {
  override readonly name = "DiscordError";
  readonly code: DiscordFailure;
  readonly method: string;
  readonly route: string;
  readonly status: number | undefined;
  readonly discordCode: number | undefined;
  readonly fields: readonly string[];

  /** @param reason in a few words. */
  constructor(code: DiscordFailure, reason: string, detail: DiscordErrorDetail) {
    super(`${detail.method} ${detail.route}: ${reason}`, { cause: detail.cause });
    this.code = code;
    this.method = detail.method;
    this.route = detail.route;
    this.status = detail.status;
    this.discordCode = detail.discordCode;
    this.fields = detail.fields ?? [];
  }
}

/**
 * Error codes of Discord's that decide what is done next.
 *
 * @see https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
 */
export const DISCORD_CODE = {
  unknownChannel: 10_003,
  unknownMessage: 10_008,
  missingAccess: 50_001,
  missingPermissions: 50_013,
  threadArchived: 50_083,
  threadExists: 160_004,
} as const;

/** Whether another try cannot succeed until somebody changes something. */
export function isFinal(error: DiscordError): boolean {
  switch (error.code) {
    case "unauthorized":
    case "forbidden":
    case "not_found":
    case "bad_request":
      return true;
    case "rate_limited":
    case "unavailable":
    case "blocked":
      return false;
    default:
      return error.code satisfies never;
  }
}
