/** What nobody reports, and a look at the clock finds. */
import { isOffline, type RigAgent } from "./agent.ts";
import type { RigEvent } from "./event.ts";
import type { Issue } from "./issue.ts";

/** An issue that is worked on is stuck when its stream gets no event for this long, in milliseconds. */
export const STUCK_AFTER_MS = 2 * 60 * 60_000;

/** A human is reminded of a gate this often, in milliseconds. */
export const GATE_REMINDER_MS = 30 * 60_000;

/** What is to be written about an issue as it is now, if it still is. */
export interface Finding {
  streamId: string;
  version: number;
  event: RigEvent;
}

/** An issue and the version of its stream that it shows. */
export interface VersionedIssue {
  streamId: string;
  version: number;
  issue: Issue;
}

/**
 * Issues that are stuck, and gates that a human has to be reminded of. An agent that is offline has lost what it was
 * assigned or had in progress; an issue in review waits for others.
 *
 * @param now Unix milliseconds.
 */
export function findOverdue(
  issues: readonly VersionedIssue[],
  agents: readonly RigAgent[],
  now: number,
): Finding[] {
  const known = new Map(agents.map((agent) => [agent.agentId, agent]));
  return issues.flatMap(({ streamId, version, issue }) => {
    const event = stuckEvent(issue, known, now) ?? reminderEvent(issue, now);
    return event === null ? [] : [{ streamId, version, event }];
  });
}

function stuckEvent(issue: Issue, agents: ReadonlyMap<string, RigAgent>, now: number): RigEvent | null {
  const { repo, issueNumber, agentId, state } = issue;
  if (agentId === null || (state !== "assigned" && state !== "in_progress")) return null;
  const reason = stuckReason(issue, agents.get(agentId), now);
  if (reason === null) return null;
  return {
    type: "AGENT_STUCK",
    data: { agentId, repo, issueNumber, reason, attempt: issue.failedAttempts + 1 },
  };
}

function stuckReason({ updatedAt }: Issue, agent: RigAgent | undefined, now: number): string | null {
  // An issue taken after the last heartbeat shows that the agent lived then.
  if (agent && isOffline(agent, now) && isOffline({ ...agent, lastHeartbeat: updatedAt }, now)) {
    return `no heartbeat for ${Math.floor((now - agent.lastHeartbeat) / 1000)} seconds`;
  }
  const silence = now - updatedAt;
  return silence > STUCK_AFTER_MS ? `no progress for ${Math.floor(silence / 60_000)} minutes` : null;
}

function reminderEvent({ repo, issueNumber, humanGate }: Issue, now: number): RigEvent | null {
  if (humanGate === null || now - (humanGate.remindedAt ?? humanGate.since) < GATE_REMINDER_MS) return null;
  const minutes = Math.floor((now - humanGate.since) / 60_000);
  const prNumber = humanGate.prNumber ?? undefined;
  return { type: "HUMAN_GATE_REMINDER", data: { repo, issueNumber, prNumber, attempt: minutes } };
}
