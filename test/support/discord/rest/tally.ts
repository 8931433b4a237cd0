/** What Discord would hold against a bot: 10,000 invalid requests in ten minutes ban its address. */
import type { RestFault } from "./faults.ts";

export interface RestTally {
  requests: number;
  unauthorized: number;
  forbidden: number;
  rateLimited: {
    /** Too many requests were made. */
    earned: number;
    /** A fault of the test said so. */
    injected: number;
    /** Of the injected, those that Discord does not hold against the bot. */
    shared: number;
  };
}

export function emptyTally(): RestTally {
  return { requests: 0, unauthorized: 0, forbidden: 0, rateLimited: { earned: 0, injected: 0, shared: 0 } };
}

/** Counts an answer. */
export function count(tally: RestTally, status: number, fault: RestFault | null): void {
  tally.requests += 1;
  if (status === 401) tally.unauthorized += 1;
  if (status === 403) tally.forbidden += 1;
  if (status !== 429) return;
  if (fault === null) tally.rateLimited.earned += 1;
  else tally.rateLimited.injected += 1;
  if (fault?.kind === "rate-limit" && fault.scope === "shared") tally.rateLimited.shared += 1;
}

/** Invalid requests as Discord counts them, without those that a fault made. */
export function invalidRequests({ unauthorized, forbidden, rateLimited }: RestTally): number {
  return unauthorized + forbidden + rateLimited.earned;
}
