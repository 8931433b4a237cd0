/** What Discord says when it refuses a request, as an error. */
import { DiscordError, type DiscordErrorDetail, type DiscordFailure } from "./errors.ts";
import type { Refusal } from "./rest-answer.ts";

/** Invalid fields that are named. */
const MAX_FIELDS = 5;
/** Of Discord's words, in UTF-16 code units. */
const MAX_WORDS = 200;

/** @param asked which request it answers. */
export function refusalError(
  { status, code, message, fields }: Refusal,
  asked: Pick<DiscordErrorDetail, "method" | "route">,
): DiscordError {
  const number = code === 0 ? "" : ` (${code})`;
  const named = fields.slice(0, MAX_FIELDS).join(", ");
  const reason = `${status} ${message.slice(0, MAX_WORDS)}${number}${named && `: ${named}`}`;
  return new DiscordError(failureOf(status), reason, { ...asked, status, discordCode: code, fields });
}

function failureOf(status: number): DiscordFailure {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  return "bad_request";
}
