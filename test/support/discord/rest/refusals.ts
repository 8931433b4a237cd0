/** Answers that are no answers of a route: Discord's rate limits, and what comes in place of an answer. */
import type { MetFault } from "./faults.ts";

export type LimitScope = "user" | "global" | "shared";

/**
 * Discord's own answers come through Google's load balancer; clients tell Cloudflare's apart by the lack of this header (JDA and
 * Discord4J do, and say "CloudFlare API ban").
 */
export const FROM_DISCORD = { via: "1.1 google" } as const;

/** A 429 as in "Exceeding A Rate Limit" (Discord, "Rate Limits"), without its bucket's headers. */
export function rateLimited(retryAfterMs: number, scope: LimitScope): Response {
  const seconds = Math.max(retryAfterMs, 1) / 1000;
  const global = scope === "global";
  const who = scope === "shared" ? "The resource is" : "You are";
  const body = { message: `${who} being rate limited.`, retry_after: seconds, global };
  const headers = {
    ...FROM_DISCORD,
    "retry-after": String(Math.ceil(seconds)),
    "x-ratelimit-scope": scope,
    ...(global ? { "x-ratelimit-global": "true" } : {}),
  };
  return Response.json(body, { status: 429, headers });
}

/** What a fault answers instead of the routes; `null`: it lets the request through, or cuts it. */
export function answerOf({ fault, leftMs }: MetFault): Response | null {
  switch (fault.kind) {
    case "status": {
      const { status, code = 0, message = `${status}: as told` } = fault;
      return Response.json({ message, code }, { status, headers: FROM_DISCORD });
    }
    case "answer": {
      const { status, headers = {}, body = null } = fault;
      return new Response(body, { status, headers });
    }
    case "rate-limit":
      return rateLimited(fault.retryAfterMs, fault.scope ?? (fault.global ? "global" : "user"));
    case "ban":
      return banned(leftMs);
    case "cut":
    case "lose-response":
    case "truncate":
      return null;
    default:
      return fault satisfies never;
  }
}

/**
 * What Cloudflare says to an address that it has banned ("Invalid Request Limit aka Cloudflare bans" in "Rate Limits"; its
 * form as in discord-api-docs#5385): none of Discord's headers, no JSON, and how long it lasts in `Retry-After` alone.
 */
function banned(leftMs: number): Response {
  const headers = {
    "content-type": "text/plain; charset=UTF-8",
    "retry-after": String(Math.max(1, Math.ceil(leftMs / 1000))),
    server: "cloudflare",
  };
  return new Response("error code: 1015", { status: 429, headers });
}
