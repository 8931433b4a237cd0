/** How the conductor shows what it knows: times in ISO 8601. */

import type { Claim } from "../../../d1/conductor/store.ts";
import { isOffline, type RigAgent } from "../../../shared/conductor/agent.ts";
import type { VersionedIssue } from "../../../shared/conductor/detection.ts";
import { eventName, type StoredEvent } from "../../../shared/conductor/event.ts";
import type { Issue } from "../../../shared/conductor/issue.ts";

/** Unix milliseconds as ISO 8601. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

export function issueView({ streamId, version, issue }: VersionedIssue) {
  const { approvedAt, updatedAt, humanGate, ...rest } = issue;
  return {
    streamId,
    version,
    ...rest,
    attempt: attemptOf(issue),
    humanGate: humanGate && {
      ...humanGate,
      since: isoTime(humanGate.since),
      remindedAt: humanGate.remindedAt === null ? null : isoTime(humanGate.remindedAt),
    },
    approvedAt: isoTime(approvedAt),
    updatedAt: isoTime(updatedAt),
  };
}

export function assignmentView({ streamId, issue }: Claim) {
  const { issueNumber: number, repo, title, milestone, priority } = issue;
  return { streamId, issue: { number, repo, title, milestone }, priority, attempt: attemptOf(issue) };
}

/** An agent that has gone quiet is offline, whatever it said last. */
export function agentView(agent: RigAgent, now: number) {
  const status = isOffline(agent, now) ? "offline" : agent.status;
  return { ...agent, status, lastHeartbeat: isoTime(agent.lastHeartbeat) };
}

export function eventView({ id, type, version, data, at }: StoredEvent) {
  return { id, type: eventName(type), version, data, timestamp: isoTime(at) };
}

/** The attempt that runs, or is next. */
function attemptOf({ failedAttempts }: Issue): number {
  return failedAttempts + 1;
}
