/**
 * Discord's rate limits ("Rate Limits" in its API reference): buckets per route and channel, and one for all requests of
 * the bot. The numbers of the buckets are not documented; these are the ones that bots observe.
 */

interface Limit {
  bucket: string;
  /** "Interaction endpoints are not bound to the bot's Global Rate Limit". */
  isOutsideGlobal?: true;
  requests: number;
  windowMs: number;
}

/** Requests per second of one bot, documented. */
const GLOBAL_REQUESTS = 50;
const GLOBAL_WINDOW_MS = 1000;

const limits: readonly [route: RegExp, limit: Limit][] = [
  [/^POST \/channels\/(\d+)\/messages$/, { bucket: "create-message", requests: 5, windowMs: 5000 }],
  [/^PATCH \/channels\/(\d+)\/messages\/\d+$/, { bucket: "edit-message", requests: 5, windowMs: 5000 }],
  [/^DELETE \/channels\/(\d+)\/messages\/\d+$/, { bucket: "delete-message", requests: 5, windowMs: 1000 }],
  [
    /^(?:PUT|DELETE) \/channels\/(\d+)\/messages\/\d+\/reactions\//,
    { bucket: "reactions", requests: 1, windowMs: 250 },
  ],
  [/^POST \/channels\/(\d+)\/typing$/, { bucket: "typing", requests: 5, windowMs: 5000 }],
  [
    /^POST \/channels\/(\d+)\/(?:messages\/\d+\/)?threads$/,
    { bucket: "threads", requests: 10, windowMs: 10_000 },
  ],
  [/^PATCH \/channels\/(\d+)$/, { bucket: "channel", requests: 5, windowMs: 5000 }],
  [/^GET \/channels\/(\d+)\/messages/, { bucket: "messages", requests: 10, windowMs: 5000 }],
  ...(["POST", "GET", "PATCH", "DELETE"] as const).map((method): [RegExp, Limit] => [
    // An interaction's token is a webhook's of its own.
    new RegExp(`^${method} /webhooks/\\d+/(aW50ZXJhY3Rpb246[^/]+)`),
    { bucket: `interaction-${method.toLowerCase()}`, requests: 5, windowMs: 2000, isOutsideGlobal: true },
  ]),
  [
    /^POST \/interactions\/(\d+)\//,
    { bucket: "interaction-callback", requests: 5, windowMs: 2000, isOutsideGlobal: true },
  ],
  [/^POST \/users\/@me\/(channels)$/, { bucket: "dms", requests: 10, windowMs: 10_000 }],
];

interface Window {
  endsAt: number;
  used: number;
}

/** What a request has come to. */
export interface Permit {
  /** `null`: go on. */
  refused: { retryAfterMs: number; global: boolean } | null;
  /** `X-RateLimit-*` of its bucket. */
  headers: Record<string, string>;
}

/** The buckets of one bot. */
export class RateLimits {
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a request; one that is refused counts nowhere. */
  take(method: string, path: string): Permit {
    const [limit, resource] = limitOf(method, path);
    const global = this.#window(limit?.isOutsideGlobal ? "interactions" : "global", GLOBAL_WINDOW_MS);
    if (global.used >= GLOBAL_REQUESTS && !limit?.isOutsideGlobal) {
      return { refused: { retryAfterMs: global.endsAt - this.#now(), global: true }, headers: {} };
    }
    if (limit === undefined) {
      global.used += 1;
      return { refused: null, headers: {} };
    }
    const window = this.#window(`${limit.bucket} ${resource}`, limit.windowMs);
    const isOver = window.used >= limit.requests;
    if (!isOver) {
      window.used += 1;
      global.used += 1;
    }
    const leftMs = window.endsAt - this.#now();
    return {
      refused: isOver ? { retryAfterMs: leftMs, global: false } : null,
      headers: {
        "x-ratelimit-limit": String(limit.requests),
        "x-ratelimit-remaining": String(limit.requests - window.used),
        "x-ratelimit-reset": (window.endsAt / 1000).toFixed(3),
        "x-ratelimit-reset-after": (leftMs / 1000).toFixed(3),
        "x-ratelimit-bucket": limit.bucket,
      },
    };
  }

  /** A window begins with its first request. */
  #window(key: string, windowMs: number): Window {
    const found = this.#windows.get(key);
    if (found !== undefined && found.endsAt > this.#now()) return found;
    const made = { endsAt: this.#now() + windowMs, used: 0 };
    this.#windows.set(key, made);
    return made;
  }
}

function limitOf(method: string, path: string): [Limit | undefined, resource: string] {
  for (const [route, limit] of limits) {
    const match = route.exec(`${method} ${path}`);
    if (match !== null) return [limit, match[1] ?? ""];
  }
  return [undefined, ""];
}
