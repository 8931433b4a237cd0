/** Reads what comes over a Gateway socket (Discord, "Gateway Events", "Payload Structure"). */
import { MAX_RESUME_URL, MAX_SESSION_ID } from "../bridge/protocol.ts";
import { isGatewayUrl } from "./url.ts";

/** Gateway opcodes that a client of one shard sends or receives. */
export const Opcode = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const;

/** One received payload, as far as a session has to understand it. */
export type Payload =
  | { op: "dispatch"; s: number | null; t: string; d: unknown }
  | { op: "heartbeat" }
  | { op: "reconnect" }
  | { op: "invalid-session"; resumable: boolean }
  | { op: "hello"; heartbeatInterval: number }
  | { op: "heartbeat-ack" }
  | { op: "unknown"; what: string };

/** Never throws; what makes no sense is `unknown`, with words for the log. */
export function readPayload(value: unknown): Payload {
  if (!isRecord(value)) return unknown("not an object");
  switch (value.op) {
    case Opcode.dispatch:
      return readDispatch(value);
    case Opcode.heartbeat:
      return { op: "heartbeat" };
    case Opcode.reconnect:
      return { op: "reconnect" };
    case Opcode.invalidSession:
      return { op: "invalid-session", resumable: value.d === true };
    case Opcode.hello: {
      const interval = isRecord(value.d) ? value.d.heartbeat_interval : undefined;
      if (typeof interval !== "number" || !(interval > 0)) return unknown("HELLO without heartbeat_interval");
      return { op: "hello", heartbeatInterval: interval };
    }
    case Opcode.heartbeatAck:
      return { op: "heartbeat-ack" };
    default:
      return unknown(typeof value.op === "number" ? `opcode ${value.op}` : "no opcode");
  }
}

/**
 * What READY says about its session, or `null` when it does not. A session without an address of its own is resumed at the
 * Gateway's.
 */
export function readSession(d: unknown): { id: string; resumeUrl: string | null } | null {
  if (!isRecord(d)) return null;
  const { session_id: id, resume_gateway_url: url } = d;
  if (typeof id !== "string" || id === "" || id.length > MAX_SESSION_ID) return null;
  const isUsable = typeof url === "string" && url.length <= MAX_RESUME_URL && isGatewayUrl(url);
  return { id, resumeUrl: isUsable ? url : null };
}

function readDispatch({ s, t, d }: Record<string, unknown>): Payload {
  if (typeof t !== "string") return unknown("an event without a name");
  if (s === null || s === undefined) return { op: "dispatch", s: null, t, d };
  if (typeof s !== "number" || !Number.isSafeInteger(s) || s < 0)
    return unknown("an event without a sequence");
  return { op: "dispatch", s, t, d };
}

function unknown(what: string): Payload {
  return { op: "unknown", what };
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
