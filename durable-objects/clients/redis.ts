/** The Redis of an agent's old cluster, over Upstash's REST protocol. */
import type { Redis } from "@upstash/redis/cloudflare";
import { type SecretReader, secretNames } from "../../shared/character/secrets.ts";

/** Settings are missing. */
export class RedisUnsetError extends Error {
  override readonly name = "RedisUnsetError";
  readonly code = "redis_unset";
}

/** How long one try may take, and how many are made again, 100 ms later. */
const TIMEOUT_MS = 5_000;
const RETRIES = 1;

/**
 * Makes the client. It is loaded only here: few agents need it.
 *
 * @throws RedisUnsetError when the address or its token is not set.
 */
export async function connectRedis(agent: string, secret: SecretReader): Promise<Redis> {
  const [url, token] = [secret("UPSTASH_REDIS_REST_URL"), secret("UPSTASH_REDIS_REST_TOKEN")];
  if (url === undefined || token === undefined) {
    const name = url === undefined ? "UPSTASH_REDIS_REST_URL" : "UPSTASH_REDIS_REST_TOKEN";
    throw new RedisUnsetError(`the setting ${secretNames(agent, name).join(" or ")} is missing`);
  }
  const { Redis } = await import("@upstash/redis/cloudflare");
  return new Redis({
    ...{ url: url.trim(), token: token.trim() },
    // Else it rounds ids that look like numbers.
    automaticDeserialization: false,
    responseEncoding: false,
    enableTelemetry: false,
    retry: { retries: RETRIES, backoff: () => 100 },
    signal: () => AbortSignal.timeout(TIMEOUT_MS),
  });
}
