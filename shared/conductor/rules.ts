/** What the coordinator allows, and what it does on its own. */
import { issueStreamId, type RigEvent } from "./event.ts";
import type { Issue } from "./issue.ts";

/** An issue as it is, and what holds it back. */
export interface IssueStanding {
  issue: Issue | null;
  /** Streams of issues it depends on that are not done. */
  blockedBy: string[];
}

/**
 * Why an event must not be stored, or `null`: an issue has one agent at a time, and none before what it depends on is
 * done. Everything else is a fact that the log takes as it is.
 */
export function refusalOf(event: RigEvent, { issue, blockedBy }: IssueStanding): string | null {
  if (event.type !== "ISSUE_ASSIGNED" && event.type !== "WORK_STARTED") return null;
  const { repo, issueNumber, agentId } = event.data;
  const name = issueStreamId(repo, issueNumber);
  // Work on an issue the rig does not know is nobody else's; an assignment of it is a mistake.
  if (issue === null) return event.type === "WORK_STARTED" ? null : `Issue not approved: ${name}`;
  switch (issue.state) {
    case "queued":
      return blockedBy.length > 0 ? `Issue ${name} waits for ${blockedBy.join(", ")}` : null;
    case "assigned":
    case "in_progress":
    case "in_review":
      return issue.agentId === agentId ? null : `Issue ${name} is assigned to ${issue.agentId ?? "somebody"}`;
    case "deploying":
    case "done":
    case "failed":
      return `Issue ${name} is ${issue.state}`;
    default:
      return issue.state satisfies never;
  }
}

/**
 * What follows from an event at once, stored with it or not at all: an issue whose attempts are used up goes to a human.
 */
export function consequenceOf(event: RigEvent, before: Issue | null, after: Issue | null): RigEvent | null {
  if (event.type === "ESCALATED" || after?.state !== "failed" || before?.state === "failed") return null;
  const { repo, issueNumber, reason, failedAttempts } = after;
  const why = reason === null ? "" : `: ${reason}`;
  return {
    type: "ESCALATED",
    data: { repo, issueNumber, reason: `${failedAttempts} failed attempts${why}`, attempts: failedAttempts },
  };
}
