/** The faults that wait for requests. */
import { between } from "../random.ts";
import type { Matching, RestFault } from "./fault.ts";
import type { Profile } from "./profiles/profile.ts";

/** A request, as far as faults look at it. */
export interface FaultedRequest {
  method: string;
  path: string;
  /** Absent unless {@link RestFaults.looksIntoBodies}. */
  body?: string;
}

/** A fault that has met a request. */
export interface MetFault {
  fault: RestFault;
  /** Of a ban: how long it still lasts. */
  leftMs: number;
  /** It had no effect on this one: it may meet another instead. */
  release(): void;
}

interface Waiting {
  fault: RestFault;
  left: number;
  passing: number;
  bannedUntil: number;
}

export interface RestFaultsOptions {
  /** Uniform in [0, 1). */
  random: () => number;
  now: () => number;
  profile: Profile;
}

/** The faults that wait: first those on command, then the profile's own. */
export class RestFaults {
  readonly #random: () => number;
  readonly #now: () => number;
  #profile: Profile;
  #commanded: Waiting[] = [];
  #own: Waiting[];
  #latencyMs = 0;

  constructor({ random, now, profile }: RestFaultsOptions) {
    this.#random = random;
    this.#now = now;
    this.#profile = profile;
    this.#own = ownFaults(profile);
  }

  get profile(): Profile {
    return this.#profile;
  }

  set profile(profile: Profile) {
    this.#profile = profile;
    this.#own = ownFaults(profile);
  }

  inject(fault: RestFault): void {
    this.#commanded.push(waiting(fault));
  }

  /** Ends what was commanded; the profile stays. */
  clear(): void {
    this.#commanded = [];
    this.#latencyMs = 0;
  }

  /** Milliseconds before each answer, unless the profile's are more. */
  set latencyMs(latencyMs: number) {
    this.#latencyMs = latencyMs;
  }

  get latencyMs(): number {
    return Math.max(this.#latencyMs, this.#profile.latencyMs ?? 0);
  }

  /** Whether any fault asks what stands in a request's body. */
  get looksIntoBodies(): boolean {
    return this.#all().some(({ fault }) => fault.matching?.body !== undefined);
  }

  /** The fault that meets this request: a ban in force, or the first that is not used up. */
  meet(request: FaultedRequest): MetFault | null {
    const now = this.#now();
    const matching = this.#all().filter(({ fault }) => isMet(request, fault.matching ?? {}));
    const ban = matching.find(({ bannedUntil }) => now < bannedUntil);
    if (ban !== undefined) return met(ban, ban.bannedUntil - now);
    for (const entry of matching) {
      const { fault } = entry;
      if (entry.left <= 0) continue;
      if (fault.share !== undefined && this.#random() >= fault.share) continue;
      if (entry.passing > 0) {
        entry.passing -= 1;
        continue;
      }
      entry.left -= 1;
      if (fault.kind === "ban") entry.bannedUntil = now + between(fault.forMs, this.#random);
      return met(entry, entry.bannedUntil - now);
    }
    return null;
  }

  #all(): Waiting[] {
    return [...this.#commanded, ...this.#own];
  }
}

function ownFaults({ faults = [] }: Profile): Waiting[] {
  return faults.map(waiting);
}

function waiting(fault: RestFault): Waiting {
  const left = fault.times ?? Number.POSITIVE_INFINITY;
  return { fault, left, passing: fault.after ?? 0, bannedUntil: Number.NEGATIVE_INFINITY };
}

function met(entry: Waiting, leftMs: number): MetFault {
  return {
    fault: entry.fault,
    leftMs,
    release: () => {
      entry.left += 1;
    },
  };
}

function isMet(request: FaultedRequest, { method, path, pattern, body }: Matching): boolean {
  return (
    (method === undefined || method === request.method) &&
    (path === undefined || request.path.includes(path)) &&
    (pattern === undefined || new RegExp(pattern).test(request.path)) &&
    (body === undefined || (request.body?.includes(body) ?? false))
  );
}
