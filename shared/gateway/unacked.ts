/**
 * What was delivered and is not stored yet, and the cursor that follows from it: the sequence up to which a session has
 * nothing left to lose.
 */
import type { ResumeState } from "../bridge/protocol.ts";
import type { GatewayState, Session, UnackedEvent, UnackedLimits } from "./state.ts";

/**
 * The last sequence of a session that is settled, as are all before it: acknowledged, or of no interest to the Worker.
 */
export function cursorOf(session: Session, unacked: readonly UnackedEvent[]): number {
  return unacked.find(({ sessionId }) => sessionId === session.id)?.after ?? session.seen;
}

/** What another process could go on from, now: `null` when there is no session, or its READY is not stored yet. */
export function resumeState({ session, unacked }: GatewayState): ResumeState | null {
  if (session === null) return null;
  const seq = cursorOf(session, unacked);
  return seq < session.first ? null : { sessionId: session.id, resumeUrl: session.resumeUrl, seq };
}

/** What is left when everything of a session up to `seq` is stored. */
export function withoutAcked(
  unacked: readonly UnackedEvent[],
  sessionId: string,
  seq: number,
): readonly UnackedEvent[] {
  return unacked.filter((event) => event.sessionId !== sessionId || event.seq > seq);
}

/** Whether a share of what is allowed is exceeded. */
export function exceeds(unacked: readonly UnackedEvent[], limits: UnackedLimits, share = 1): boolean {
  if (unacked.length > limits.maxEvents * share) return true;
  return unacked.reduce((sum, { bytes }) => sum + bytes, 0) > limits.maxBytes * share;
}
