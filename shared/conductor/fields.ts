/** What an event of the rig may hold, type by type. Fields that are not named here are kept as they came. */
import * as z from "zod";

/** From most to least urgent. */
export const priorities = ["critical", "high", "normal"] as const;

export type Priority = (typeof priorities)[number];

/** Longest repository, agent id or milestone, in UTF-16 code units. */
const MAX_NAME = 200;

const text = z.string("expected text").trim().min(1, "expected some text");

/** A repository; `#` would end it in a stream's id. */
export const repoText = text
  .max(MAX_NAME, `expected at most ${MAX_NAME} characters`)
  .regex(/^[^\s#]+$/, 'expected a repository such as "owner/name"');

/** `#` and `:` would let an agent's stream pass for an issue's or a milestone's. */
export const agentIdText = text
  .max(MAX_NAME, `expected at most ${MAX_NAME} characters`)
  .regex(/^[^\s#:]+$/, 'expected an agent\'s id such as "dev-e"');

const whole = "expected a whole number";

/** Models write numbers in quotes, too. */
const digits = z
  .string(whole)
  .regex(/^\d{1,9}$/, whole)
  .transform(Number);

const count = z.union([z.int(whole).nonnegative("expected 0 or more"), digits], whole);

export const issueNumber = z
  .union([z.int(whole), digits], whole)
  .pipe(z.int().positive("expected 1 or more"));

const issuesExpected = 'expected issues such as 12, "#12" or "owner/name#12"';

/** An issue that must be done first: `12` or `"#12"` of the same repository, or `"owner/name#12"`. */
const dependency = z.union(
  [
    z.int(issuesExpected).positive(issuesExpected),
    z
      .string()
      .trim()
      .regex(/^(?:[^\s#]*#)?[1-9]\d{0,8}$/, issuesExpected),
  ],
  issuesExpected,
);

/** A field that may be missing. What original clients leave empty arrives as `null`. */
function optional<T extends z.ZodType>(field: T) {
  return field
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();
}

const agentId = agentIdText;
const reason = optional(z.string("expected text"));
const branch = optional(text);
const issue = { repo: repoText, issueNumber };
/** Given together: the event belongs to the issue; else to the agent. */
const aboutIssue = { repo: optional(repoText), issueNumber: optional(issueNumber) };
const byAgent = { agentId: optional(agentId) };
const aboutPullRequest = { ...issue, ...byAgent, prNumber: optional(count) };
const states = optional(z.array(z.looseObject({}), "expected a list of objects"));

const e2e = {
  ...issue,
  ...byAgent,
  passedCount: optional(count),
  totalCount: optional(count),
  durationMs: optional(count),
  runUrl: optional(text),
};

/** Every event type and its fields. */
export const eventFields = {
  ISSUE_APPROVED: {
    ...issue,
    title: text,
    priority: optional(z.enum(priorities, { error: `expected one of ${priorities.join(", ")}` })),
    milestone: optional(text),
    dependsOn: optional(z.array(dependency, "expected a list of issues")),
  },
  ISSUE_ASSIGNED: { ...issue, agentId, attempt: optional(count) },
  ISSUE_UNASSIGNED: { ...issue, ...byAgent, reason },
  WORK_STARTED: { ...issue, agentId, branch },
  BRANCH_CREATED: { ...issue, ...byAgent, branch },
  PR_CREATED: { ...aboutPullRequest, prUrl: optional(text), branch },
  CI_PASSED: aboutPullRequest,
  CI_FAILED: aboutPullRequest,
  REVIEW_PASSED: aboutPullRequest,
  REVIEW_DISPUTED: { ...aboutPullRequest, attempt: optional(count) },
  HUMAN_GATE_TRIGGERED: { ...aboutPullRequest, reason },
  HUMAN_GATE_REMINDER: { ...aboutPullRequest, attempt: optional(count) },
  MERGED: { ...aboutPullRequest, mergeSha: optional(text) },
  DEPLOYED_STAGING: { ...issue, ...byAgent, reason },
  SMOKE_PASSED: { ...issue, ...byAgent },
  SMOKE_FAILED: { ...issue, ...byAgent, reason, attempt: optional(count), maxRetries: optional(count) },
  E2E_PASSED: e2e,
  E2E_FAILED: { ...e2e, failedCount: optional(count), firstFailure: reason },
  DEPLOYED_PRODUCTION: { ...issue, ...byAgent, reason },
  VERIFIED: { ...issue, ...byAgent },
  ISSUE_DONE: { ...issue, ...byAgent, durationMinutes: optional(z.number("expected a number")) },
  ESCALATED: { ...issue, ...byAgent, reason, attempts: optional(count) },
  AGENT_STUCK: { ...aboutIssue, agentId, reason, attempt: optional(count) },
  HEARTBEAT: {
    agentId,
    status: optional(text),
    currentIssue: optional(z.union([z.int(), z.string()], "expected a number or text")),
    currentRepo: optional(z.string("expected text")),
    activeProvider: optional(z.string("expected text")),
    availableProviders: optional(z.array(z.string(), "expected a list of names")),
    providers: states,
    integrations: states,
    intervalSeconds: optional(
      z.number("expected seconds").min(1, "expected 1 or more").max(86_400, "expected at most a day"),
    ),
  },
  TOKEN_USAGE: { ...aboutIssue, agentId },
  MILESTONE_COMPLETE: {
    milestone: text.max(MAX_NAME, `expected at most ${MAX_NAME} characters`),
    repo: optional(repoText),
    issueNumber: optional(count),
  },
} as const satisfies Record<string, z.ZodRawShape>;
