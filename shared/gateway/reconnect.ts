/** How a Gateway session ends a connection and comes by the next one. */
import { RESUMABLE_CLOSE } from "./close-codes.ts";
import type {
  Connection,
  DisconnectReason,
  GatewayContext,
  GatewayOutput,
  GatewayState,
  GatewayStep,
} from "./state.ts";
import { exceeds } from "./unacked.ts";
import { connectUrl } from "./url.ts";

/** A connection that lasted as long as this was none of a row of failures. */
const STABLE_MS = 5_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
/** From here on the Gateway's own address is tried instead of the session's: its machine may be gone. */
const DISTRUST_RESUME_URL_AFTER = 3;
/** From here on a RESUME that comes to nothing costs the session: the Worker then reads what was missed. */
const GIVE_UP_SESSION_AFTER = 8;
/** For a socket to open and say HELLO. */
const OPEN_TIMEOUT_MS = 20_000;

export interface Disconnection {
  reason: DisconnectReason;
  /** What Discord closed with; `null` when it did not. */
  code: number | null;
  /** Whether the session can still be resumed. */
  session: "kept" | "lost";
  /** Least wait before the next connection in milliseconds. Default: up to a second, or nothing after a request. */
  waitMs?: number;
}

/** Whether there is a socket. */
export function hasSocket({ at }: Connection): boolean {
  return at === "opening" || at === "queueing" || at === "beginning" || at === "ready";
}

/** Ends a connection, closes its socket unless Discord did, and plans the next one. */
export function disconnect(state: GatewayState, ending: Disconnection, context: GatewayContext): GatewayStep {
  const { reason, code } = ending;
  const failures = failuresAfter(state, reason, context.now);
  const isHopeless = state.connection.at === "beginning" && failures >= GIVE_UP_SESSION_AFTER;
  const isLost = ending.session === "lost" || isHopeless;
  const session = isLost ? null : state.session;
  const outputs: GatewayOutput[] = [];
  if (reason !== "closed") outputs.push({ do: "close", code: RESUMABLE_CLOSE });
  outputs.push({ do: "disconnected", reason, code, willResume: session !== null });

  const next: GatewayState = { ...state, session, received: null, failures };
  if (reason === "backpressure") return { state: { ...next, connection: { at: "paused" } }, outputs };
  const waitMs = Math.max(
    ending.waitMs ?? context.random() * FIRST_BACKOFF_MS,
    backoffMs(failures, context.random),
  );
  return { state: planned(next, context.now + waitMs), outputs };
}

/** Plans the next connection. */
export function planned(state: GatewayState, until: number): GatewayState {
  const { session, failures } = state;
  const url = session !== null && failures < DISTRUST_RESUME_URL_AFTER ? session.resumeUrl : null;
  return { ...state, connection: { at: "waiting", until, url } };
}

/** Goes on after a pause, once the Worker has taken half of what was on its way. */
export function resumeWhenDrained(state: GatewayState, { now, settings }: GatewayContext): GatewayState {
  const isDrained = state.connection.at === "paused" && !exceeds(state.unacked, settings, 0.5);
  return isDrained ? planned(state, now) : state;
}

/** Opens a socket to a Gateway. */
export function open(state: GatewayState, url: string, now: number): GatewayStep {
  return {
    state: { ...state, connection: { at: "opening", until: now + OPEN_TIMEOUT_MS } },
    outputs: [{ do: "connect", url: connectUrl(url) }],
  };
}

function failuresAfter({ connection, failures }: GatewayState, reason: DisconnectReason, now: number) {
  if (connection.at !== "ready") return failures + 1;
  if (reason === "backpressure" || now - connection.since >= STABLE_MS) return 0;
  return failures + 1;
}

/** Nothing after the first failure; then it doubles from a second to a minute, jittered over its upper half. */
function backoffMs(failures: number, random: () => number): number {
  if (failures < 2) return 0;
  const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 2), MAX_BACKOFF_MS);
  return backoff / 2 + random() * (backoff / 2);
}
