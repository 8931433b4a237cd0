/**
 * Discord's rate limits ("Rate Limits" in its documentation): buckets per route and channel, one for all requests of the bot, and
 * limits of a resource that nobody is told of before they are exceeded.
 */
import { between } from "../random.ts";
import { type Bucket, usualBuckets } from "./buckets.ts";
import type { Profile, SharedLimit } from "./profiles/profile.ts";
import type { LimitScope } from "./refusals.ts";

/** "All bots can make up to 50 requests per second to our API." */
const GLOBAL_REQUESTS = 50;
const GLOBAL_WINDOW_MS = 1000;

interface Window {
  endsAt: number;
  used: number;
}

/** What a request has come to. */
export interface Permit {
  /** `null`: go on. */
  refused: { retryAfterMs: number; scope: LimitScope } | null;
  /** `X-RateLimit-*` of its bucket. */
  headers: Record<string, string>;
}

export interface RateLimitsOptions {
  now: () => number;
  /** Uniform in [0, 1). */
  random: () => number;
  /** The guild of a channel; `undefined` for what has none. */
  guildOf: (channelId: string) => string | undefined;
  profile: Profile;
  /** Told when a limit has run out, by its name. */
  onEffect: (name: string) => void;
}

/** The limits of one bot. */
export class RateLimits {
  readonly #options: RateLimitsOptions;
  readonly #windows = new Map<string, Window>();
  /** Until when a resource rests, by limit and resource. */
  readonly #resting = new Map<string, number>();
  #profile: Profile;

  constructor(options: RateLimitsOptions) {
    this.#options = options;
    this.#profile = options.profile;
  }

  /** Nothing rests any more; what was used of the buckets stays used. */
  set profile(profile: Profile) {
    this.#profile = profile;
    this.#resting.clear();
  }

  /** Counts a request; one that its bucket or the global limit refuses counts nowhere. */
  take(method: string, path: string): Permit {
    const now = this.#options.now();
    const [bucket, resource] = this.#bucketOf(method, path);
    const global = this.#window(bucket?.isOutsideGlobal ? "interactions" : "global", GLOBAL_WINDOW_MS);
    if (global.used >= GLOBAL_REQUESTS && !bucket?.isOutsideGlobal) {
      return { refused: { retryAfterMs: global.endsAt - now, scope: "global" }, headers: {} };
    }
    if (bucket === undefined) {
      global.used += 1;
      return { refused: null, headers: {} };
    }
    const window = this.#window(`${bucket.name} ${resource}`, bucket.windowMs);
    const leftMs = window.endsAt - now;
    if (window.used >= bucket.requests) {
      return {
        refused: { retryAfterMs: leftMs, scope: "user" },
        headers: headersOf(bucket, window, leftMs),
      };
    }
    window.used += 1;
    global.used += 1;
    if (window.used === bucket.requests) this.#options.onEffect(bucket.name);
    const restMs = this.#takeShared(method, path);
    return {
      refused: restMs > 0 ? { retryAfterMs: restMs, scope: "shared" } : null,
      headers: headersOf(bucket, window, leftMs),
    };
  }

  /** How long the resources of this request still rest, in milliseconds. */
  #takeShared(method: string, path: string): number {
    const limits = (this.#profile.sharedLimits ?? []).flatMap((limit) => {
      const channelId = limit.route.exec(`${method} ${path}`)?.[1];
      if (channelId === undefined) return [];
      const resource = limit.per === "channel" ? channelId : this.#options.guildOf(channelId);
      return resource === undefined ? [] : [{ limit, key: `${limit.name} ${resource}` }];
    });
    const waits = limits.map(({ limit, key }) => this.#rest(limit, key));
    const longest = Math.max(0, ...waits);
    if (longest === 0) for (const { limit, key } of limits) this.#window(key, limit.windowMs).used += 1;
    return longest;
  }

  /** How long one resource still rests; it begins to when as much as may be was made of it. */
  #rest(limit: SharedLimit, key: string): number {
    const now = this.#options.now();
    const until = this.#resting.get(key) ?? now;
    if (until > now) return until - now;
    if (this.#window(key, limit.windowMs).used < limit.requests) return 0;
    const restMs = Math.round(between(limit.restMs, this.#options.random));
    this.#resting.set(key, now + restMs);
    this.#windows.delete(key);
    this.#options.onEffect(limit.name);
    return restMs;
  }

  #bucketOf(method: string, path: string): [Bucket | undefined, resource: string] {
    for (const bucket of [...(this.#profile.buckets ?? []), ...usualBuckets]) {
      const match = bucket.route.exec(`${method} ${path}`);
      if (match !== null) return [bucket, match[1] ?? ""];
    }
    return [undefined, ""];
  }

  /** A window begins with its first request. */
  #window(key: string, windowMs: number): Window {
    const now = this.#options.now();
    const found = this.#windows.get(key);
    if (found !== undefined && found.endsAt > now) return found;
    const made = { endsAt: now + windowMs, used: 0 };
    this.#windows.set(key, made);
    return made;
  }
}

/** "Header Format" in "Rate Limits". */
function headersOf(bucket: Bucket, window: Window, leftMs: number): Record<string, string> {
  return {
    "x-ratelimit-limit": String(bucket.requests),
    "x-ratelimit-remaining": String(bucket.requests - window.used),
    "x-ratelimit-reset": (window.endsAt / 1000).toFixed(3),
    "x-ratelimit-reset-after": (leftMs / 1000).toFixed(3),
    "x-ratelimit-bucket": bucket.name,
  };
}
