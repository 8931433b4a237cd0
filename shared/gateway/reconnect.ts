/** How a Gateway session ends a connection and comes by the next one. */
import { RESUMABLE_CLOSE } from "./close-codes.ts";
import type {
  Connection,
  DisconnectReason,
  Failures,
  GatewayContext,
  GatewayOutput,
  GatewayState,
  GatewayStep,
} from "./state.ts";
import { exceeds } from "./unacked.ts";
import { connectUrl } from "./url.ts";

/** A session that was ready for as long as this shows that nothing is wrong with it. */
const STABLE_MS = 5_000;
const FIRST_BACKOFF_MS = 1_000;
/** An outage of Discord is noticed to be over within this time. */
const MAX_UNREACHED_MS = 10_000;
/** Once Discord has said HELLO it is there; from then on the wait is the one that it advises after INVALID_SESSION. */
const ADVISED_MS = { least: 1_000, most: 5_000 };
/** So many greetings that come to nothing are bad luck; from then on each costs twice the wait, lest they use up the IDENTIFYs of a day. */
const PATIENT_GREETINGS = 5;
const MAX_UNBEGUN_MS = 2 * 60_000;
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
  /** Wait before the next connection in milliseconds, where Discord was ready. Default: up to a second. */
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
  const isHopeless = state.connection.at === "beginning" && failures.unbegun >= GIVE_UP_SESSION_AFTER;
  const isLost = ending.session === "lost" || isHopeless;
  const session = isLost ? null : state.session;
  const outputs: GatewayOutput[] = [];
  if (reason !== "closed") outputs.push({ do: "close", code: RESUMABLE_CLOSE });
  outputs.push({ do: "disconnected", reason, code, willResume: session !== null });

  const next: GatewayState = { ...state, session, received: null, failures };
  if (reason === "backpressure") return { state: { ...next, connection: { at: "paused" } }, outputs };
  return { state: planned(next, context.now + waitMs(state, failures, ending, context)), outputs };
}

/** Plans the next connection. */
export function planned(state: GatewayState, until: number): GatewayState {
  const { session, failures } = state;
  const isTrusted = failures.unreached + failures.unbegun < DISTRUST_RESUME_URL_AFTER;
  const url = session !== null && isTrusted ? session.resumeUrl : null;
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
    state: { ...state, url, connection: { at: "opening", until: now + OPEN_TIMEOUT_MS } },
    outputs: [{ do: "connect", url: connectUrl(url) }],
  };
}

function failuresAfter(
  { connection, failures }: GatewayState,
  reason: DisconnectReason,
  now: number,
): Failures {
  if (connection.at === "opening") return { ...failures, unreached: failures.unreached + 1 };
  const isStable = connection.at === "ready" && now - connection.since >= STABLE_MS;
  if (isStable || reason === "backpressure") return { unreached: 0, unbegun: 0 };
  return { unreached: 0, unbegun: failures.unbegun + 1 };
}

/** Milliseconds before the next connection. INVALID_SESSION is an answer: it costs what Discord advises, however many there were. */
function waitMs(
  { connection }: GatewayState,
  { unreached, unbegun }: Failures,
  { reason, waitMs: asked }: Disconnection,
  { random }: GatewayContext,
): number {
  if (reason === "invalid_session") return between(ADVISED_MS, random);
  if (unreached > 0) return unreachedMs(unreached, random);
  if (unbegun > PATIENT_GREETINGS) return unbegunMs(unbegun, random);
  if (connection.at === "ready" && unbegun < 2) return asked ?? random() * FIRST_BACKOFF_MS;
  return between(ADVISED_MS, random);
}

/** Up to a second after the first failure; then it doubles from a second, jittered over its upper half. */
function unreachedMs(failures: number, random: () => number): number {
  if (failures < 2) return random() * FIRST_BACKOFF_MS;
  return upperHalf(Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 2), MAX_UNREACHED_MS), random);
}

function unbegunMs(greetings: number, random: () => number): number {
  const doublings = greetings - PATIENT_GREETINGS;
  return upperHalf(Math.min(ADVISED_MS.most * 2 ** doublings, MAX_UNBEGUN_MS), random);
}

function upperHalf(ms: number, random: () => number): number {
  return ms / 2 + random() * (ms / 2);
}

function between({ least, most }: { least: number; most: number }, random: () => number): number {
  return least + random() * (most - least);
}
