/** The buckets that every profile has. Discord does not document their numbers; these are the ones that bots observe. */

export interface Bucket {
  /** What `X-RateLimit-Bucket` says. */
  name: string;
  /** Held against `METHOD /path`; its first group is the resource that the bucket is of. */
  route: RegExp;
  requests: number;
  windowMs: number;
  /** "Interaction endpoints are not bound to the bot's Global Rate Limit". */
  isOutsideGlobal?: true;
}

export const usualBuckets: readonly Bucket[] = [
  { name: "create-message", route: /^POST \/channels\/(\d+)\/messages$/, requests: 5, windowMs: 5000 },
  { name: "edit-message", route: /^PATCH \/channels\/(\d+)\/messages\/\d+$/, requests: 5, windowMs: 5000 },
  {
    name: "delete-message",
    route: /^DELETE \/channels\/(\d+)\/messages\/\d+$/,
    requests: 5,
    windowMs: 1000,
  },
  {
    name: "reactions",
    route: /^(?:PUT|DELETE) \/channels\/(\d+)\/messages\/\d+\/reactions\//,
    requests: 1,
    windowMs: 250,
  },
  { name: "typing", route: /^POST \/channels\/(\d+)\/typing$/, requests: 5, windowMs: 5000 },
  {
    name: "threads",
    route: /^POST \/channels\/(\d+)\/(?:messages\/\d+\/)?threads$/,
    requests: 10,
    windowMs: 10_000,
  },
  { name: "channel", route: /^PATCH \/channels\/(\d+)$/, requests: 5, windowMs: 5000 },
  { name: "messages", route: /^GET \/channels\/(\d+)\/messages/, requests: 10, windowMs: 5000 },
  ...(["POST", "GET", "PATCH", "DELETE"] as const).map(
    (method): Bucket => ({
      name: `interaction-${method.toLowerCase()}`,
      // An interaction's token is a webhook's of its own.
      route: new RegExp(`^${method} /webhooks/\\d+/(aW50ZXJhY3Rpb246[^/]+)`),
      requests: 5,
      windowMs: 2000,
      isOutsideGlobal: true,
    }),
  ),
  {
    name: "interaction-callback",
    route: /^POST \/interactions\/(\d+)\//,
    requests: 5,
    windowMs: 2000,
    isOutsideGlobal: true,
  },
  { name: "dms", route: /^POST \/users\/@me\/(channels)$/, requests: 10, windowMs: 10_000 },
];
