/** Reads what `GET /gateway/bot` comes to, and says how long to leave Discord alone where it comes to nothing. */
import type { APIGatewaySessionStartLimit } from "discord-api-types/v10";
import { type HttpAnswer, readRestAnswer } from "../discord/rest-answer.ts";
import { isRecord } from "./payload.ts";
import { isGatewayUrl } from "./url.ts";

/** What Discord says of its Gateway (Discord, "Get Gateway Bot"). */
export interface GatewayInfo {
  url: string;
  /** How many shards it asks for; `null` where that cannot be read. */
  shards: number | null;
  limit: APIGatewaySessionStartLimit;
  /** Fields that make no sense; what stands in for them is careful. */
  unread: readonly string[];
}

export type Lookup =
  | { kind: "found"; info: GatewayInfo }
  /** Discord itself does not know the token: asking again would bring the address nearer to a ban. */
  | { kind: "token-refused" }
  | LookupFailure;

/** It is asked again. */
export type LookupFailure =
  | { kind: "limited"; status: 429; retryAfterMs: number }
  /** 5xx, or no answer: it may be there again in a moment. */
  | { kind: "away"; status: number | null; message?: string }
  /** What stands in between says no, or what nobody can read. */
  | { kind: "network"; status: number }
  /** Discord itself says no, and not because of the token. */
  | { kind: "refused"; status: number; message: string };

/** Starts of sessions that are counted on where Discord does not say: one at a time, and no more than it gives anybody. */
const CAREFUL: APIGatewaySessionStartLimit = {
  total: 1_000,
  remaining: 1_000,
  reset_after: 24 * 60 * 60_000,
  max_concurrency: 1,
};
const FIRST_WAIT_MS = 1_000;
/** Discord's return is noticed within this time. */
const MAX_AWAY_MS = 10_000;
/** What says no will say no for a while. */
const MAX_REFUSED_MS = 5 * 60_000;
/** Longest `Retry-After` that is kept; then it is asked what has become of it. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60_000;

/** @param answer `null`: there was none. */
export function readLookup(answer: HttpAnswer | null): Lookup {
  if (answer === null) return { kind: "away", status: null };
  const read = readRestAnswer(answer);
  switch (read.kind) {
    case "done": {
      const info = readGatewayInfo(read.body);
      return info === null ? { kind: "network", status: read.status } : { kind: "found", info };
    }
    case "limited":
      return { kind: "limited", status: 429, retryAfterMs: read.retryAfterMs };
    case "refused": {
      const { status, message } = read.refusal;
      return status === 401 ? { kind: "token-refused" } : { kind: "refused", status, message };
    }
    case "network":
    case "unknown":
      return { kind: read.status >= 500 ? "away" : "network", status: read.status };
    default:
      return read satisfies never;
  }
}

/** Milliseconds to wait after the `attempt`th failure in a row: what Discord asks, or ever longer, jittered. */
export function lookupWaitMs(failure: LookupFailure, attempt: number, random: () => number): number {
  if (failure.kind === "limited") return Math.min(failure.retryAfterMs, MAX_RETRY_AFTER_MS);
  const most = failure.kind === "away" ? MAX_AWAY_MS : MAX_REFUSED_MS;
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempt - 1, 20), most);
  return wait / 2 + random() * (wait / 2);
}

/** In a few words, for log and `/readyz`. */
export function tellFailure(failure: LookupFailure): string {
  switch (failure.kind) {
    case "limited":
      return "rate limited (429)";
    case "away":
      return failure.status === null
        ? `no answer: ${failure.message ?? ""}`
        : `not there (${failure.status})`;
    case "network":
      return `the network in between refuses, not Discord (${failure.status})`;
    case "refused":
      return `refused: ${failure.status} ${failure.message.slice(0, 200)}`;
    default:
      return failure satisfies never;
  }
}

/** Only the address is needed. */
export function readGatewayInfo(json: unknown): GatewayInfo | null {
  if (!isRecord(json) || typeof json.url !== "string" || !isGatewayUrl(json.url)) return null;
  const unread: string[] = [];
  const told = isRecord(json.session_start_limit) ? json.session_start_limit : {};
  const count = (name: keyof APIGatewaySessionStartLimit, least: number) => {
    const value = told[name];
    if (typeof value === "number" && value >= least) return value;
    unread.push(`session_start_limit.${name}`);
    return CAREFUL[name];
  };
  const limit = {
    total: count("total", 1),
    remaining: count("remaining", 0),
    reset_after: count("reset_after", 0),
    max_concurrency: count("max_concurrency", 1),
  };
  const isCount = typeof json.shards === "number" && Number.isInteger(json.shards) && json.shards >= 1;
  if (!isCount) unread.push("shards");
  return { url: json.url, shards: isCount ? Number(json.shards) : null, limit, unread };
}
