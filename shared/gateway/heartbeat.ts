/** Heartbeats (Discord, "Gateway", "Sending Heartbeats"). */
import { Opcode } from "./payload.ts";
import type { GatewayContext, GatewayState, Heartbeat, SentPayload } from "./state.ts";

/** The first heartbeat comes after a random part of the interval, lest all clients beat at once after an outage. */
export function firstHeartbeat(intervalMs: number, { now, random }: GatewayContext): Heartbeat {
  return { intervalMs, nextAt: now + intervalMs * random(), isAwaited: false };
}

/** The heartbeat that is due at `now`, or `null` when the one before it was never acknowledged. */
export function beat(heartbeat: Heartbeat, now: number): Heartbeat | null {
  if (heartbeat.isAwaited) return null;
  return { ...heartbeat, nextAt: now + heartbeat.intervalMs, isAwaited: true };
}

/** A heartbeat; `null` stands for nothing received yet. */
export function heartbeatPayload({ received }: Pick<GatewayState, "received">): SentPayload {
  return { op: Opcode.heartbeat, d: received };
}
