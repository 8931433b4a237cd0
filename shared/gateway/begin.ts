/** What begins a session, and what goes on with one (Discord, "Gateway Events": Identify, Resume). */
import type { GatewayIdentifyData, GatewayResumeData } from "discord-api-types/v10";
import { Opcode } from "./payload.ts";
import type { GatewaySettings, Session, UnackedEvent } from "./state.ts";
import { cursorOf } from "./unacked.ts";

export function identifyPayload(settings: GatewaySettings): { op: number; d: GatewayIdentifyData } {
  const { token, intents, properties, presence, shard } = settings;
  const d: GatewayIdentifyData = { token, intents, properties, shard: [...shard] };
  return { op: Opcode.identify, d: presence ? { ...d, presence } : d };
}

/**
 * Goes on after the last acknowledged event. While READY itself is on its way, after READY: there is nothing of a session
 * before it that could be asked for, and this process still has it.
 */
export function resumePayload(
  session: Session,
  unacked: readonly UnackedEvent[],
  { token }: GatewaySettings,
): { op: number; d: GatewayResumeData } {
  const seq = Math.max(session.first, cursorOf(session, unacked));
  return { op: Opcode.resume, d: { token, session_id: session.id, seq } };
}
