/** Gateway opcodes and close codes by Discord's names ("Opcodes and Status Codes"). */

export const OP = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const;

/** Opcodes that a client may send and the fake does not act on: presence, voice state, members, soundboard sounds, channel info. */
export const IGNORED_OPS: ReadonlySet<number> = new Set([3, 4, 8, 31, 43]);

/** Why the server ends a connection. */
export const CLOSE = {
  unknownOpcode: { code: 4001, reason: "Unknown opcode." },
  decodeError: { code: 4002, reason: "Error while decoding payload." },
  notAuthenticated: { code: 4003, reason: "Not authenticated." },
  authenticationFailed: { code: 4004, reason: "Authentication failed." },
  alreadyAuthenticated: { code: 4005, reason: "Already authenticated." },
  invalidSeq: { code: 4007, reason: "Invalid seq." },
  rateLimited: { code: 4008, reason: "You are being rate limited." },
  sessionTimedOut: { code: 4009, reason: "Session timed out." },
  invalidShard: { code: 4010, reason: "Invalid shard." },
  shardingRequired: { code: 4011, reason: "Sharding required." },
  invalidApiVersion: { code: 4012, reason: "Invalid API version." },
  invalidIntents: { code: 4013, reason: "Invalid intent(s)." },
  disallowedIntents: { code: 4014, reason: "Disallowed intent(s)." },
} as const;

export type Refusal = keyof typeof CLOSE;

/** A dispatch with its sequence. */
export interface Dispatch {
  s: number;
  t: string;
  d: object;
}

export interface Frame {
  op: number;
  d?: unknown;
  s?: number | null;
  t?: string | null;
}
