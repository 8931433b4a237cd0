/** What Discord says when it refuses a request. */
import * as z from "zod";
import { DiscordError, type DiscordErrorDetail, type DiscordFailure } from "./errors.ts";

const errorBody = z.object({
  code: z.number().optional(),
  message: z.string().optional(),
  /** Of a form that Discord does not take: what is wrong, at the paths of the fields. */
  errors: z.unknown().optional(),
});

/**
 * Makes the error of an answer of 300 or more.
 *
 * @param body the answer's JSON, `undefined` where it has none.
 * @param asked which request it answers.
 */
export function refusal(
  { status, body }: { status: number; body: unknown },
  asked: Pick<DiscordErrorDetail, "method" | "route">,
): DiscordError {
  const { code: discordCode, message = "refused", errors } = errorBody.safeParse(body).data ?? {};
  const code = discordCode ? ` (${discordCode})` : "";
  const fields = invalidFields(errors).slice(0, 5).join(", ");
  const reason = `${status} ${message.slice(0, 200)}${code}${fields && `: ${fields}`}`;
  const detail = { ...asked, status, ...(discordCode !== undefined && { discordCode }) };
  return new DiscordError(failureOf(status), reason, detail);
}

/** Paths of the fields that Discord does not take; what was in them is left out. */
function invalidFields(errors: unknown, path = ""): string[] {
  if (typeof errors !== "object" || errors === null) return [];
  if ("_errors" in errors) return [path];
  return Object.entries(errors).flatMap(([key, inner]) =>
    invalidFields(inner, path ? `${path}.${key}` : key),
  );
}

function failureOf(status: number): DiscordFailure {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  return "bad_request";
}
