/** What is known of an issue: a fold over the events of its stream. */
import { issueStreamId, type StoredEvent } from "./event.ts";
import type { Priority } from "./fields.ts";

export const issueStates = [
  "queued",
  "assigned",
  "in_progress",
  "in_review",
  "deploying",
  "done",
  "failed",
] as const;

export type IssueState = (typeof issueStates)[number];

/** Attempts that may fail before an issue goes to a human. */
export const MAX_FAILED_ATTEMPTS = 2;

/** Smoke tests that may fail before the attempt has failed, when the event does not say. */
const SMOKE_RETRIES = 3;

/** Times are Unix milliseconds. */
export interface Issue {
  repo: string;
  issueNumber: number;
  title: string;
  priority: Priority;
  milestone: string | null;
  /** Streams of the issues that must be done first. */
  dependsOn: string[];
  state: IssueState;
  /** Who works on it, or has done it. */
  agentId: string | null;
  /** Since it was approved, or taken up again by a human. */
  failedAttempts: number;
  branch: string | null;
  prNumber: number | null;
  prUrl: string | null;
  ci: "passed" | "failed" | null;
  review: "passed" | "disputed" | null;
  /** A human has to decide. */
  humanGate: {
    prNumber: number | null;
    reason: string | null;
    since: number;
    remindedAt: number | null;
  } | null;
  /** Why the last attempt failed, or the issue was escalated. */
  reason: string | null;
  approvedAt: number;
  /** When its stream got its last event. */
  updatedAt: number;
}

/** What belongs to one attempt, and goes with it. */
const noAttempt = {
  agentId: null,
  branch: null,
  prNumber: null,
  prUrl: null,
  ci: null,
  review: null,
  humanGate: null,
} as const satisfies Partial<Issue>;

/** Whether an agent is busy with it. */
export function isHeld({ state }: Issue): boolean {
  return state === "assigned" || state === "in_progress" || state === "in_review";
}

/**
 * The issue after one more event of its stream. Events never fail here: the log is what happened, and what makes no
 * sense for the issue as it is changes nothing but `updatedAt`.
 *
 * @param issue `null` before it was approved: only an approval makes it one of the rig, or the news that it is done.
 */
export function applyToIssue(issue: Issue | null, event: StoredEvent): Issue | null {
  if (event.type === "ISSUE_APPROVED") return approve(issue, event);
  if (issue !== null) return { ...issue, ...changeOf(issue, event), updatedAt: event.at };
  return event.type === "ISSUE_DONE" ? doneElsewhere(event) : null;
}

function changeOf(issue: Issue, event: StoredEvent): Partial<Issue> {
  if (issue.state === "done") return {};
  switch (event.type) {
    case "ISSUE_ASSIGNED":
      return issue.state === "queued" ? { state: "assigned", agentId: event.data.agentId } : {};
    case "ISSUE_UNASSIGNED":
      return unassign(issue, event.data.agentId);
    case "WORK_STARTED":
      return startWork(issue, event.data);
    case "BRANCH_CREATED": {
      if (!isOwn(issue, event.data.agentId) || !isHeld(issue)) return {};
      const state = issue.state === "assigned" ? "in_progress" : issue.state;
      return { state, branch: event.data.branch ?? issue.branch };
    }
    case "PR_CREATED":
      return openPullRequest(issue, event.data);
    case "CI_PASSED":
      return { ci: "passed" };
    case "CI_FAILED":
      return { ci: "failed" };
    case "REVIEW_PASSED":
      return { review: "passed" };
    case "REVIEW_DISPUTED":
      return { review: "disputed", state: issue.state === "in_review" ? "in_progress" : issue.state };
    case "HUMAN_GATE_TRIGGERED": {
      // A failed issue waits for a human anyway.
      if (issue.state === "failed") return {};
      const prNumber = event.data.prNumber ?? issue.prNumber;
      return {
        humanGate: { prNumber, reason: event.data.reason ?? null, since: event.at, remindedAt: null },
      };
    }
    case "HUMAN_GATE_REMINDER":
      return { humanGate: issue.humanGate && { ...issue.humanGate, remindedAt: event.at } };
    case "MERGED":
      return { state: "deploying", humanGate: null };
    case "DEPLOYED_STAGING":
    case "DEPLOYED_PRODUCTION":
      return isHeld(issue) ? { state: "deploying" } : {};
    case "SMOKE_FAILED": {
      const { attempt, maxRetries = SMOKE_RETRIES, reason } = event.data;
      const isLast = attempt === undefined || attempt >= maxRetries;
      return isLast ? failAttempt(issue, reason ?? "smoke tests failed") : {};
    }
    case "E2E_FAILED":
      return failAttempt(issue, event.data.firstFailure ?? "end-to-end tests failed");
    case "AGENT_STUCK":
      if (!isHeld(issue) || issue.agentId !== event.data.agentId) return {};
      return failAttempt(issue, event.data.reason ?? "agent stuck");
    case "ESCALATED":
      return { ...noAttempt, state: "failed", reason: event.data.reason ?? issue.reason };
    case "ISSUE_DONE":
      return { state: "done", humanGate: null, agentId: issue.agentId ?? event.data.agentId ?? null };
    case "ISSUE_APPROVED":
    case "SMOKE_PASSED":
    case "E2E_PASSED":
    case "VERIFIED":
    case "TOKEN_USAGE":
    case "HEARTBEAT":
    case "MILESTONE_COMPLETE":
      return {};
    default:
      event satisfies never;
      // A later release may have written it; this one goes on without.
      return {};
  }
}

/** Approved again, as every run of the coordination loop may do, an issue keeps its state and its place in the queue. */
function approve(issue: Issue | null, { data, at }: Extract<StoredEvent, { type: "ISSUE_APPROVED" }>): Issue {
  const wish = {
    title: data.title,
    priority: data.priority ?? "normal",
    milestone: data.milestone ?? null,
    dependsOn: (data.dependsOn ?? []).map((dependency) => dependencyStream(data.repo, dependency)),
    updatedAt: at,
  };
  const { repo, issueNumber } = data;
  return { ...(issue ?? newIssue(repo, issueNumber, at)), ...wish };
}

/** Work that was finished without the rig still lets the issues go on that waited for it. */
function doneElsewhere({ data, at }: Extract<StoredEvent, { type: "ISSUE_DONE" }>): Issue {
  return { ...newIssue(data.repo, data.issueNumber, at), state: "done", agentId: data.agentId ?? null };
}

function newIssue(repo: string, issueNumber: number, at: number): Issue {
  return {
    repo,
    issueNumber,
    title: issueStreamId(repo, issueNumber),
    priority: "normal",
    milestone: null,
    dependsOn: [],
    state: "queued",
    ...noAttempt,
    failedAttempts: 0,
    reason: null,
    approvedAt: at,
    updatedAt: at,
  };
}

function dependencyStream(repo: string, dependency: number | string): string {
  const [owner = "", number] = String(dependency).includes("#")
    ? String(dependency).split("#")
    : ["", dependency];
  return issueStreamId(owner || repo, Number(number));
}

/** An event about somebody else's attempt comes too late. */
function isOwn(issue: Issue, agentId: string | undefined): boolean {
  return agentId === undefined || agentId === issue.agentId;
}

/** Given back; a failed one is taken up again, with all its attempts. */
function unassign(issue: Issue, agentId: string | undefined): Partial<Issue> {
  if (issue.state === "failed") return { ...noAttempt, state: "queued", failedAttempts: 0, reason: null };
  return isHeld(issue) && isOwn(issue, agentId) ? { ...noAttempt, state: "queued" } : {};
}

function startWork(issue: Issue, data: { agentId: string; branch?: string | undefined }): Partial<Issue> {
  const mayStart = issue.state === "queued" || (isHeld(issue) && isOwn(issue, data.agentId));
  if (!mayStart) return {};
  return { state: "in_progress", agentId: data.agentId, branch: data.branch ?? issue.branch };
}

function openPullRequest(
  issue: Issue,
  data: Extract<StoredEvent, { type: "PR_CREATED" }>["data"],
): Partial<Issue> {
  const isFree = issue.state === "queued";
  if (!isFree && !(isHeld(issue) && isOwn(issue, data.agentId))) return {};
  return {
    state: "in_review",
    agentId: issue.agentId ?? data.agentId ?? null,
    prNumber: data.prNumber ?? issue.prNumber,
    prUrl: data.prUrl ?? issue.prUrl,
    branch: data.branch ?? issue.branch,
    review: null,
  };
}

function failAttempt(issue: Issue, reason: string): Partial<Issue> {
  if (!isHeld(issue) && issue.state !== "deploying") return {};
  const failedAttempts = issue.failedAttempts + 1;
  const state = failedAttempts >= MAX_FAILED_ATTEMPTS ? "failed" : "queued";
  return { ...noAttempt, state, failedAttempts, reason };
}
