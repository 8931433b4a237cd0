/** What Discord would hold against a bot: 10,000 invalid requests in ten minutes ban its address. */
import type { LimitScope } from "./refusals.ts";

export interface RestTally {
  requests: number;
  /** 401s and 403s that the client has earned. */
  unauthorized: number;
  forbidden: number;
  rateLimited: {
    /** Too many requests were made. */
    earned: number;
    /** A fault said so. */
    injected: number;
    /** Of both, those that Discord does not hold against the bot. */
    shared: number;
  };
  /** 429s by their scope; `address`: those of the network in between. */
  limitedBy: Record<LimitScope | "address", number>;
  /**
   * How often each fault and each limit had an effect, by name: a fault that met a request, a bucket that ran out, a resource that
   * began to rest. What is not there had none.
   */
  effects: Record<string, number>;
}

export function emptyTally(): RestTally {
  return {
    requests: 0,
    unauthorized: 0,
    forbidden: 0,
    rateLimited: { earned: 0, injected: 0, shared: 0 },
    limitedBy: { user: 0, global: 0, shared: 0, address: 0 },
    effects: {},
  };
}

/** Counts an answer. @param isInjected whether a fault made it */
export function countAnswer(tally: RestTally, { status, headers }: Response, isInjected: boolean): void {
  if (status === 401 && !isInjected) tally.unauthorized += 1;
  if (status === 403 && !isInjected) tally.forbidden += 1;
  if (status !== 429) return;
  const scope = headers.get("x-ratelimit-scope");
  if (isInjected) tally.rateLimited.injected += 1;
  else tally.rateLimited.earned += 1;
  if (scope === "shared") tally.rateLimited.shared += 1;
  tally.limitedBy[scope === "user" || scope === "global" || scope === "shared" ? scope : "address"] += 1;
}

/** Counts that something had an effect. */
export function countEffect({ effects }: RestTally, name: string): void {
  effects[name] = (effects[name] ?? 0) + 1;
}
