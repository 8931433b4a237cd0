/**
 * Bridge protocol, version 1: how a gateway hands Discord's events to the Worker. Every request is a signed `POST`
 * (see signature.ts) below `/agents/:agent/gateway/`:
 *
 * - `lease` `LeaseRequest` → 200 {@link LeaseGrant} | 409 {@link LeaseRefusal}. Asked again by its holder it renews.
 * - `events` {@link EventBatch} → 200 {@link Acknowledgement} | 409 {@link Fenced} | 401 | 413.
 * - `release` {@link ReleaseRequest} → 200 `{}` | 409 {@link Fenced}.
 */

/** Which part of the guilds a gateway serves: `[index, of how many]`, Discord's own form. */
export type Shard = readonly [index: number, count: number];

/** Where a Discord session can be resumed. `seq` is the last sequence that the Worker has acknowledged. */
export interface ResumeState {
  sessionId: string;
  resumeUrl: string;
  seq: number;
}

export interface LeaseRequest {
  /** Names the gateway process; another process is another holder. */
  gateway: string;
  shard: Shard;
}

export interface LeaseGrant {
  /** Rises with each new holder; requests that carry an older one are refused. */
  epoch: number;
  /** Seconds for which the lease holds without another request. */
  ttlSeconds: number;
  /** `null`: there is no session to go on with. */
  resume: ResumeState | null;
  /** Gateway intents to identify with (Discord, "Gateway Intents"). */
  intents: number;
  /** Names of the dispatch events to forward, READY included; all others stay in the gateway. */
  forward: readonly string[];
}

/** Another gateway holds the lease. */
export interface LeaseRefusal {
  holder: string;
  retryAfterSeconds: number;
}

/** One dispatch event (op 0) as Discord sent it, trimmed where the gateway knows how. */
export interface GatewayEvent {
  s: number;
  t: string;
  d: unknown;
}

/** A Gateway session as a gateway tells of it. */
export interface BridgedSession {
  /** Discord's, at most {@link MAX_SESSION_ID} characters. */
  id: string;
  /** At most {@link MAX_RESUME_URL} characters. */
  resumeUrl: string;
  /**
   * When its READY came, by a clock of the gateway's: by it two sessions are told apart that have one id. Absent where the
   * gateway has gone on with it.
   */
  begunAt?: number;
}

export interface EventBatch {
  gateway: string;
  epoch: number;
  shard: Shard;
  session: BridgedSession;
  /** In order of `s`, at most {@link MAX_BATCH_EVENTS}. Empty: only renews the lease and moves nothing. */
  events: readonly GatewayEvent[];
}

export interface Acknowledgement {
  /** Every event up to this sequence is stored. `null`: none of this session is. */
  acked: number | null;
  ttlSeconds: number;
}

/** The lease went to another gateway, or was never held. The gateway stops and asks for a lease anew. */
export interface Fenced {
  error: "fenced";
  message: string;
}

export interface ReleaseRequest {
  gateway: string;
  epoch: number;
  shard: Shard;
}

/** Characters of a session's id, and of its resume URL. */
export const MAX_SESSION_ID = 200;
export const MAX_RESUME_URL = 500;
/** Events in one batch. */
export const MAX_BATCH_EVENTS = 100;
/** Bytes of one batch. A single event that is larger goes alone. */
export const MAX_BATCH_BYTES = 512 * 1024;
/** Largest body of a bridge request in bytes: one event of Discord's may exceed a batch. */
export const MAX_BRIDGE_BODY = 1024 * 1024;
