/**
 * The Gateway session of one shard, as a state machine (Discord, "Gateway": Connections, Sharding). Whoever hosts it owns
 * socket, clock and token, tells it what happens and does what it asks for; {@link step} decides.
 *
 * Heartbeats carry the last sequence that was received. RESUME asks from the last one that is **acknowledged**, so that a
 * crash at any moment costs nothing. What Discord then replays and this process has delivered already is passed over:
 * it is still on its way.
 */

import { identifyPayload, resumePayload } from "./begin.ts";
import { afterClose, RESUMABLE_CLOSE } from "./close-codes.ts";
import { dispatch } from "./dispatch.ts";
import { beat, firstHeartbeat, heartbeatPayload } from "./heartbeat.ts";
import { readPayload } from "./payload.ts";
import { disconnect, hasSocket, open, planned, resumeWhenDrained } from "./reconnect.ts";
import type { Connection, GatewayContext, GatewayInput, GatewayState, GatewayStep } from "./state.ts";
import { resumeState, withoutAcked } from "./unacked.ts";

/** Before the first `start`. */
export const initialState: GatewayState = {
  connection: { at: "stopped" },
  session: null,
  url: null,
  received: null,
  unacked: [],
  failures: { unreached: 0, unbegun: 0 },
};

/** For READY or RESUMED after what was sent, and between replayed events. */
const BEGIN_TIMEOUT_MS = 60_000;

/** Takes one input; never throws, whatever Discord sends. */
export function step(state: GatewayState, input: GatewayInput, context: GatewayContext): GatewayStep {
  const next = react(state, input, context);
  const before = resumeState(state);
  const resume = resumeState(next.state);
  if (before?.sessionId === resume?.sessionId && before?.seq === resume?.seq) return next;
  return { ...next, outputs: [...next.outputs, { do: "persist", resume }] };
}

/** When the next `timer` is due, or `null` when nothing but another input can change anything. */
export function nextTimer({ connection }: GatewayState): number | null {
  switch (connection.at) {
    case "stopped":
    case "asking":
    case "paused":
      return null;
    case "waiting":
    case "opening":
      return connection.until;
    case "queueing":
      return Math.min(connection.heartbeat.nextAt, connection.identifyAt ?? Number.POSITIVE_INFINITY);
    case "beginning":
      return Math.min(connection.heartbeat.nextAt, connection.until);
    case "ready":
      return connection.heartbeat.nextAt;
    default:
      return connection satisfies never;
  }
}

function react(state: GatewayState, input: GatewayInput, context: GatewayContext): GatewayStep {
  const { connection } = state;
  switch (input.type) {
    case "start":
      return connection.at === "stopped" ? start(input.resume, context) : unchanged(state);
    case "stop":
      return {
        state: { ...state, connection: { at: "stopped" } },
        outputs: hasSocket(connection) ? [{ do: "close", code: RESUMABLE_CLOSE }] : [],
      };
    case "gateway":
      return connection.at === "asking" ? found(state, input, context.now) : unchanged(state);
    case "identify-slot": {
      if (connection.at !== "queueing") return unchanged(state);
      const queued = { ...state, connection: { ...connection, identifyAt: input.at } };
      return input.at <= context.now ? identify(queued, context) : unchanged(queued);
    }
    case "opened":
      return unchanged(state);
    case "frame":
      return hasSocket(connection) ? receive(state, input, context) : unchanged(state);
    case "closed":
      return hasSocket(connection) ? closed(state, input.code, context) : unchanged(state);
    case "timer":
      return timer(state, context);
    case "acked": {
      const unacked = withoutAcked(state.unacked, input.sessionId, input.seq);
      return unchanged(resumeWhenDrained({ ...state, unacked }, context));
    }
    default:
      return input satisfies never;
  }
}

function unchanged(state: GatewayState): GatewayStep {
  return { state, outputs: [] };
}

type InputOf<T extends GatewayInput["type"]> = Extract<GatewayInput, { type: T }>;

function start(resume: InputOf<"start">["resume"], { now }: GatewayContext): GatewayStep {
  const session = resume && {
    id: resume.sessionId,
    resumeUrl: resume.resumeUrl,
    first: resume.seq,
    seen: resume.seq,
  };
  return unchanged(planned({ ...initialState, session }, now));
}

function found(state: GatewayState, { url, identifyAt }: InputOf<"gateway">, now: number): GatewayStep {
  if (state.session !== null || identifyAt <= now) return open(state, url, now);
  return unchanged({ ...state, connection: { at: "waiting", until: identifyAt, url } });
}

function closed(state: GatewayState, code: number, context: GatewayContext): GatewayStep {
  const after = afterClose(code);
  if (after.next === "stop") {
    return {
      state: { ...state, connection: { at: "stopped" } },
      outputs: [
        { do: "disconnected", reason: "closed", code, willResume: false },
        { do: "fatal", code, message: after.message },
      ],
    };
  }
  const session = after.next === "resume" ? "kept" : "lost";
  return disconnect(state, { reason: "closed", code, session }, context);
}

function receive(
  state: GatewayState,
  { payload, bytes }: InputOf<"frame">,
  context: GatewayContext,
): GatewayStep {
  const read = readPayload(payload);
  switch (read.op) {
    case "hello":
      return greet(state, read.heartbeatInterval, context);
    case "heartbeat":
      return { state, outputs: [{ do: "send", payload: heartbeatPayload(state) }] };
    case "heartbeat-ack":
      return unchanged(withHeartbeat(state, { isAwaited: false }));
    case "reconnect":
      return disconnect(
        state,
        { reason: "reconnect_requested", code: null, session: "kept", waitMs: 0 },
        context,
      );
    case "invalid-session":
      return disconnect(
        state,
        { reason: "invalid_session", code: null, session: read.resumable ? "kept" : "lost" },
        context,
      );
    case "dispatch":
      return dispatch(state, read, bytes, context);
    case "unknown":
      return {
        state,
        outputs: [{ do: "log", level: "warn", event: "payload.ignored", fields: { what: read.what } }],
      };
    default:
      return read satisfies never;
  }
}

function greet(state: GatewayState, intervalMs: number, context: GatewayContext): GatewayStep {
  if (state.connection.at !== "opening") return unchanged(state);
  const heartbeat = firstHeartbeat(intervalMs, context);
  const { session } = state;
  if (session === null) {
    const connection: Connection = { at: "queueing", heartbeat, identifyAt: null };
    return { state: { ...state, connection }, outputs: [{ do: "reserve-identify" }] };
  }
  const payload = resumePayload(session, state.unacked, context.settings);
  const until = context.now + BEGIN_TIMEOUT_MS;
  return {
    state: {
      ...state,
      received: payload.d.seq,
      connection: { at: "beginning", heartbeat, until },
    },
    outputs: [{ do: "send", payload }],
  };
}

function identify(state: GatewayState, { now, settings }: GatewayContext): GatewayStep {
  if (state.connection.at !== "queueing") return unchanged(state);
  const { heartbeat } = state.connection;
  return {
    state: {
      ...state,
      connection: { at: "beginning", heartbeat, until: now + BEGIN_TIMEOUT_MS },
    },
    outputs: [{ do: "send", payload: identifyPayload(settings) }],
  };
}

function timer(state: GatewayState, context: GatewayContext): GatewayStep {
  const { connection } = state;
  const { now } = context;
  switch (connection.at) {
    case "stopped":
    case "asking":
    case "paused":
      return unchanged(state);
    case "waiting":
      if (now < connection.until) return unchanged(state);
      if (connection.url !== null) return open(state, connection.url, now);
      return { state: { ...state, connection: { at: "asking" } }, outputs: [{ do: "find-gateway" }] };
    case "opening":
      return now < connection.until ? unchanged(state) : timedOut(state, context);
    case "beginning":
      return now < connection.until ? beatIfDue(state, context) : timedOut(state, context);
    case "queueing": {
      const isDue = connection.identifyAt !== null && connection.identifyAt <= now;
      return isDue ? identify(state, context) : beatIfDue(state, context);
    }
    case "ready":
      return beatIfDue(state, context);
    default:
      return connection satisfies never;
  }
}

function timedOut(state: GatewayState, context: GatewayContext): GatewayStep {
  return disconnect(state, { reason: "timeout", code: null, session: "kept" }, context);
}

function beatIfDue(state: GatewayState, context: GatewayContext): GatewayStep {
  if (!("heartbeat" in state.connection) || context.now < state.connection.heartbeat.nextAt)
    return unchanged(state);
  const heartbeat = beat(state.connection.heartbeat, context.now);
  // No answer to the last one: whatever the socket says of itself, nobody is there.
  if (heartbeat === null)
    return disconnect(state, { reason: "zombie", code: null, session: "kept", waitMs: 0 }, context);
  return {
    state: withHeartbeat(state, heartbeat),
    outputs: [{ do: "send", payload: heartbeatPayload(state) }],
  };
}

function withHeartbeat(state: GatewayState, change: Partial<{ nextAt: number; isAwaited: boolean }>) {
  const { connection } = state;
  if (!("heartbeat" in connection)) return state;
  return { ...state, connection: { ...connection, heartbeat: { ...connection.heartbeat, ...change } } };
}
