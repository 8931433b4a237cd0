/** What a session makes of the events that Discord dispatches. */
import { gatewayTrace } from "../discord/event-id.ts";
import { type Payload, readSession } from "./payload.ts";
import { disconnect } from "./reconnect.ts";
import type { Connection, GatewayContext, GatewayOutput, GatewayState, GatewayStep } from "./state.ts";
import { trimEvent } from "./trim.ts";
import { exceeds } from "./unacked.ts";

type Dispatch = Extract<Payload, { op: "dispatch" }>;

/**
 * Takes one event.
 *
 * READY begins a new session; it and RESUMED make the connection ready. An event that is asked for is delivered once in a
 * process. When more is on its way than is allowed, the connection is closed until the Worker has caught up: Discord
 * keeps what comes meanwhile.
 *
 * @param bytes size of the event as it was received.
 */
export function dispatch(
  state: GatewayState,
  event: Dispatch,
  bytes: number,
  context: GatewayContext,
): GatewayStep {
  if (state.connection.at !== "beginning" && state.connection.at !== "ready")
    return ignored(state, event, "before READY");
  const connection = progressed(state.connection, event.t, context.now);
  const next = { ...state, connection };
  if (event.s === null) return ignored(next, event, "without a sequence");
  const numbered = { ...event, s: event.s };
  if (event.t === "READY") return ready(next, numbered, bytes, context);
  if (event.t === "RESUMED") return logged("resumed", take(next, numbered, bytes, context));
  return take(next, numbered, bytes, context);
}

function progressed(connection: Connection, t: string, now: number): Connection {
  if (connection.at !== "beginning") return connection;
  const { heartbeat, until } = connection;
  if (t === "READY" || t === "RESUMED") return { at: "ready", heartbeat, since: now };
  // Replayed events keep a RESUME alive, however many they are.
  return { ...connection, until: Math.max(until, now + REPLAY_TIMEOUT_MS) };
}

/** Between two replayed events. */
const REPLAY_TIMEOUT_MS = 30_000;

function ready(
  state: GatewayState,
  event: Dispatch & { s: number },
  bytes: number,
  context: GatewayContext,
): GatewayStep {
  const read = readSession(event.d);
  const resumeUrl = read?.resumeUrl ?? state.url;
  if (read === null || resumeUrl === null)
    return disconnect(state, { reason: "protocol", code: null, session: "lost" }, context);
  const { id } = read;
  const session = { id, resumeUrl, first: event.s, seen: event.s - 1, begunAt: context.now };
  // Of an earlier session of this id, which is no more: their numbers mean something else.
  const unacked = state.unacked.filter(({ sessionId }) => sessionId !== id);
  return logged("ready", take({ ...state, session, unacked }, event, bytes, context));
}

function take(
  state: GatewayState,
  { s, t, d }: Dispatch & { s: number },
  bytes: number,
  context: GatewayContext,
): GatewayStep {
  const { session } = state;
  if (session === null) return ignored(state, { op: "dispatch", s, t, d }, "before READY");
  // Replayed, and still on its way, or settled already.
  if (s <= session.seen) return { state: { ...state, received: s }, outputs: [] };
  const next: GatewayState = { ...state, received: s, session: { ...session, seen: s } };
  if (!context.settings.forward.has(t)) return { state: next, outputs: [] };

  const trimmed = trimEvent(t, d);
  const size = trimmed === d ? bytes : JSON.stringify(trimmed).length;
  const pending = { sessionId: session.id, seq: s, after: session.seen, bytes: size };
  const delivered: GatewayState = { ...next, unacked: [...state.unacked, pending] };
  const { id, resumeUrl, begunAt } = session;
  const deliver: GatewayOutput = {
    do: "deliver",
    event: { s, t, d: trimmed },
    session: { id, resumeUrl, ...(begunAt !== undefined && { begunAt }) },
  };
  if (!exceeds(delivered.unacked, context.settings)) return { state: delivered, outputs: [deliver] };
  const pause = disconnect(delivered, { reason: "backpressure", code: null, session: "kept" }, context);
  return { ...pause, outputs: [deliver, ...pause.outputs] };
}

function logged(event: "ready" | "resumed", { state, outputs }: GatewayStep): GatewayStep {
  const log: GatewayOutput = { do: "log", level: "info", event: `session.${event}`, fields: {} };
  return { state, outputs: [log, ...outputs] };
}

function ignored(state: GatewayState, event: Dispatch, why: string): GatewayStep {
  const fields = { trace: gatewayTrace(event, state.session?.id ?? "-"), type: event.t, why };
  return { state, outputs: [{ do: "log", level: "warn", event: "event.ignored", fields }] };
}
