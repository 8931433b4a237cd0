import type { LimitScope } from "./rest-answer.ts";
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

/** How long to wait before asking again, and whose limit it is. */
export interface Limit {
  waitMs: number;
  scope: LimitScope;
}

/** What is left of a bucket. `scope`: whose limit it is, as far as is known. */
interface Left {
  remaining: number;
  resetAt: number;
  scope: "user" | "shared";
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
  readonly #left = new Map<string, Left>();
  #globalUntil = 0;
  /** Discord's door is shut for everybody at this address. */
  #addressUntil = 0;

  /**
   * Takes one request out of the route's bucket.
   *
   * @returns `null` when it is taken.
   */
  take(route: Route, now: number): Limit | null {
    if (now < this.#addressUntil) return { waitMs: this.#addressUntil - now, scope: "address" };
    if (!route.hasOwnToken && now < this.#globalUntil)
      return { waitMs: this.#globalUntil - now, scope: "global" };
    const key = this.#key(route);
    const left = this.#left.get(key);
    if (!left) return null;
    if (now >= left.resetAt) {
      this.#left.delete(key);
      return null;
    }
    if (left.remaining <= 0) return { waitMs: left.resetAt - now, scope: left.scope };
    left.remaining -= 1;
    return null;
  }

  /** Takes note of an answer's headers. */
  learn(route: Route, { bucket, remaining, resetAfterMs }: BucketHeaders, now: number): void {
    this.#buckets.set(route.template, bucket);
    this.#left.set(this.#key(route), { remaining, resetAt: now + resetAfterMs, scope: "user" });
    if (this.#left.size > MANY_BUCKETS) this.#forgetExpired(now);
  }

  /** Takes note of a 429: nothing of this bucket (or nothing at all) is sent before that. */
  refuse(
    route: Route,
    { retryAfterMs, scope }: { retryAfterMs: number; scope: LimitScope },
    now: number,
  ): void {
    const until = now + retryAfterMs;
    if (scope === "address") this.#addressUntil = Math.max(this.#addressUntil, until);
    else if (scope === "global") this.#globalUntil = Math.max(this.#globalUntil, until);
    else this.#left.set(this.#key(route), { remaining: 0, resetAt: until, scope });
  }

  #key({ template, major }: Route): string {
    return `${this.#buckets.get(template) ?? template} ${major}`;
  }

  #forgetExpired(now: number): void {
    for (const [key, { resetAt }] of this.#left) if (now >= resetAt) this.#left.delete(key);
  }
}
