/** Profiles of Discords that limit more than others. Discord documents no numbers: these are what bots have met. */
import type { Profile, SharedLimit } from "./profile.ts";

const threads: Omit<SharedLimit, "name" | "per" | "requests"> = {
  route: /^POST \/channels\/(\d+)\/(?:messages\/\d+\/)?threads$/,
  windowMs: 300_000,
  restMs: [200_000, 280_000],
};

/**
 * Whoever makes many threads makes none for minutes: 219 s of scope `shared` on a channel's threads in discord-api-docs#7816, 260 s
 * and 280 s in the issues of bots that make one per question.
 */
export const sharedThreads: Profile = {
  name: "shared-threads",
  sharedLimits: [
    { ...threads, name: "threads of a channel", per: "channel", requests: 10 },
    { ...threads, name: "threads of a guild", per: "guild", requests: 50 },
  ],
};

/**
 * Writing, editing and deleting in a channel have 5 requests in 5 s together: "In some cases, per-route limits will be shared
 * across a set of similar endpoints, indicated in the X-RateLimit-Bucket header", and these three were seen with one
 * (discord-api-docs#2761).
 */
export const busyChannel: Profile = {
  name: "busy-channel",
  buckets: [
    {
      name: "messages of a channel",
      route: /^(?:POST|PATCH|DELETE) \/channels\/(\d+)\/messages(?:\/\d+)?$/,
      requests: 5,
      windowMs: 5000,
    },
  ],
};
