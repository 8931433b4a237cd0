import type { Route } from "./rest-route.ts";

/** What an answer's headers say about a bucket. */
export interface BucketHeaders {
  /** `X-RateLimit-Bucket` */
  bucket: string;
  /** `X-RateLimit-Remaining` */
  remaining: number;
  /** `X-RateLimit-Reset-After` in milliseconds. */
  resetAfterMs: number;
}

/** How long to wait before asking again, and whose limit it is: the bot's, or the route's. */
export interface Limit {
  waitMs: number;
  scope: "global" | "user";
}

/** Buckets known at once; those that have run out are forgotten beyond it. */
const MANY_BUCKETS = 500;

/** Reads the rate limit headers; `undefined` where an answer has none. */
export function readBucketHeaders(headers: Headers): BucketHeaders | undefined {
  const bucket = headers.get("X-RateLimit-Bucket");
  const remaining = Number(headers.get("X-RateLimit-Remaining") ?? Number.NaN);
  const resetAfterMs = Number(headers.get("X-RateLimit-Reset-After") ?? Number.NaN) * 1_000;
  if (bucket === null || Number.isNaN(remaining) || Number.isNaN(resetAfterMs)) return undefined;
  return { bucket, remaining, resetAfterMs };
}

/**
 * What Discord still allows, learnt from its answers. Which routes share a bucket is Discord's secret until it has
 * answered once, so a route that is not known yet may go ahead.
 *
 * All times are Unix milliseconds.
 */
export class RateLimits {
  /** Bucket by route template. */
  readonly #buckets = new Map<string, string>();
  /** What is left, by bucket and major parameter. */
  readonly #left = new Map<string, { remaining: number; resetAt: number }>();
  #globalUntil = 0;

  /**
   * Takes one request out of the route's bucket.
   *
   * @returns `null` when it is taken.
   */
  take(route: Route, now: number): Limit | null {
    if (!route.hasOwnToken && now < this.#globalUntil)
      return { waitMs: this.#globalUntil - now, scope: "global" };
    const key = this.#key(route);
    const left = this.#left.get(key);
    if (!left) return null;
    if (now >= left.resetAt) {
      this.#left.delete(key);
      return null;
    }
    if (left.remaining <= 0) return { waitMs: left.resetAt - now, scope: "user" };
    left.remaining -= 1;
    return null;
  }

  /** Takes note of an answer's headers. */
  learn(route: Route, { bucket, remaining, resetAfterMs }: BucketHeaders, now: number): void {
    this.#buckets.set(route.template, bucket);
    this.#left.set(this.#key(route), { remaining, resetAt: now + resetAfterMs });
    if (this.#left.size > MANY_BUCKETS) this.#forgetExpired(now);
  }

  /** Takes note of a 429: nothing of this bucket (or nothing at all) is sent before that. */
  refuse(route: Route, { retryAfterMs, isGlobal }: { retryAfterMs: number; isGlobal: boolean }, now: number) {
    const until = now + retryAfterMs;
    if (isGlobal) this.#globalUntil = Math.max(this.#globalUntil, until);
    else this.#left.set(this.#key(route), { remaining: 0, resetAt: until });
  }

  #key({ template, major }: Route): string {
    return `${this.#buckets.get(template) ?? template} ${major}`;
  }

  #forgetExpired(now: number): void {
    for (const [key, { resetAt }] of this.#left) if (now >= resetAt) this.#left.delete(key);
  }
}
