/** The tests' Redis, past the product. */
import { env } from "cloudflare:workers";
import { REDIS_TOKEN } from "../support/redis-token.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      UPSTASH_REDIS_REST_URL: string;
    }
  }
}

/** Runs one command. @throws Error with what Redis said. */
export async function redis(...words: (string | number)[]): Promise<unknown> {
  const response = await fetch(env.UPSTASH_REDIS_REST_URL, {
    method: "POST",
    headers: { Authorization: `Bearer ${REDIS_TOKEN}` },
    body: JSON.stringify(words),
  });
  const answer = await response.json<{ result?: unknown; error?: string }>();
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer.result;
}
