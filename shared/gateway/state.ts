/** The words of a Gateway session: what it knows, what it is told, and what it wants done. All of it is plain data. */
import type { GatewayIdentifyProperties, GatewayPresenceUpdateData } from "discord-api-types/v10";
import type { BridgedSession, GatewayEvent, ResumeState, Shard } from "../bridge/protocol.ts";
import type { LogFields, LogLevel } from "../log.ts";

/** A session of Discord's Gateway. */
export interface Session {
  id: string;
  resumeUrl: string;
  /** The lowest sequence that it can be resumed from: that of READY, or that which this process began with. */
  first: number;
  /** The highest sequence that was delivered, or passed over, in this process. */
  seen: number;
  /** When its READY came, by the caller's clock; absent where another process has begun it. */
  begunAt?: number;
}

export interface Heartbeat {
  intervalMs: number;
  nextAt: number;
  /** The last one has not been acknowledged. */
  isAwaited: boolean;
}

/** Where the connection stands. Times are of the caller's clock, in milliseconds. */
export type Connection =
  /** Nothing happens until `start`: not begun, told to stop, or failed for good. */
  | { at: "stopped" }
  /** Waits to connect; `url` is `null` where the Gateway has to be looked up first. */
  | { at: "waiting"; until: number; url: string | null }
  /** The host looks the Gateway up. */
  | { at: "asking" }
  /** Closed until the Worker has taken half of what is on its way. */
  | { at: "paused" }
  /** A socket opens and has to say HELLO by `until`. */
  | { at: "opening"; until: number }
  /** HELLO is there; IDENTIFY waits for its slot, which is not known yet while `identifyAt` is `null`. */
  | { at: "queueing"; heartbeat: Heartbeat; identifyAt: number | null }
  /** IDENTIFY or RESUME was sent; something has to arrive by `until`. */
  | { at: "beginning"; heartbeat: Heartbeat; until: number }
  /** READY or RESUMED was received. */
  | { at: "ready"; heartbeat: Heartbeat; since: number };

/** One event on its way. */
export interface UnackedEvent {
  sessionId: string;
  seq: number;
  /** The last sequence before it: the cursor while this event is the first that is on its way. */
  after: number;
  bytes: number;
}

export interface GatewayState {
  connection: Connection;
  session: Session | null;
  /** Where the last socket was opened to. */
  url: string | null;
  /** Last sequence received on this connection, which is what heartbeats carry. */
  received: number | null;
  /** In the order of delivery; those of an ended session come before those of the present one. */
  unacked: readonly UnackedEvent[];
  failures: Failures;
}

/** Connections in a row that came to nothing. */
export interface Failures {
  /** Discord was not there: no HELLO. HELLO ends the row. */
  unreached: number;
  /** It was, and no session came of it, or one that was ready for moments only. A session that lasts ends the row. */
  unbegun: number;
}

export type GatewayInput =
  /** Begins, from what the Worker has kept where there is something. Only while stopped. */
  | { type: "start"; resume: ResumeState | null }
  /** Ends the connection in a way that the session can be resumed; acknowledgements still count. */
  | { type: "stop" }
  /** Answers `find-gateway`: its address, and when an IDENTIFY would be possible at the earliest. */
  | { type: "gateway"; url: string; identifyAt: number }
  /** Answers `reserve-identify`. */
  | { type: "identify-slot"; at: number }
  | { type: "opened" }
  /** One payload; `undefined` for what was no JSON. */
  | { type: "frame"; payload: unknown; bytes: number }
  | { type: "closed"; code: number; reason: string }
  /** The time of {@link import("./session.ts").nextTimer} has come. An early one does no harm. */
  | { type: "timer" }
  /** Everything of this session up to `seq` is stored. */
  | { type: "acked"; sessionId: string; seq: number };

/** Why a connection ended. */
export type DisconnectReason =
  | "closed"
  | "reconnect_requested"
  | "invalid_session"
  | "zombie"
  | "timeout"
  | "backpressure"
  | "protocol";

export type GatewayOutput =
  /** Asks for `GET /gateway/bot`, and for the answer as `gateway`. */
  | { do: "find-gateway" }
  /** Asks for the next IDENTIFY slot of this shard, as `identify-slot`. */
  | { do: "reserve-identify" }
  /** Opens a socket; there is none at this moment. */
  | { do: "connect"; url: string }
  | { do: "send"; payload: SentPayload }
  /** Closes the socket. What it still says is of no interest. */
  | { do: "close"; code: number }
  /** Hands an event on; it counts as on its way until it is acknowledged. */
  | { do: "deliver"; event: GatewayEvent; session: BridgedSession }
  /** What another process could resume from has changed. */
  | { do: "persist"; resume: ResumeState | null }
  | { do: "disconnected"; reason: DisconnectReason; code: number | null; willResume: boolean }
  | { do: "log"; level: LogLevel; event: string; fields: LogFields }
  /** It has stopped; `message` says what somebody has to do. */
  | { do: "fatal"; code: number; message: string };

/** What goes to Discord. */
export interface SentPayload {
  op: number;
  d: unknown;
}

/** How much may be on its way. */
export interface UnackedLimits {
  /** Events. */
  maxEvents: number;
  /** Bytes of JSON. */
  maxBytes: number;
}

/** What does not change while a session lasts, as far as it is concerned. */
export interface GatewaySettings extends UnackedLimits {
  token: string;
  intents: number;
  shard: Shard;
  properties: GatewayIdentifyProperties;
  presence?: GatewayPresenceUpdateData;
  /** Names of the events that are delivered; others are passed over. */
  forward: ReadonlySet<string>;
}

export interface GatewayContext {
  /** A clock in milliseconds; where it begins does not matter. */
  now: number;
  /** Uniform in [0, 1). */
  random: () => number;
  settings: GatewaySettings;
}

export interface GatewayStep {
  state: GatewayState;
  /** To be done in this order. */
  outputs: readonly GatewayOutput[];
}
