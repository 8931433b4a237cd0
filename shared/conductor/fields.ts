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

export const issueNumber = z
  .union([z.int(whole), digits], whole)
  .pipe(z.int().positive("expected 1 or more"));

const issuesExpected = 'expected issues such as 12, "#12" or "owner/name#12"';

/** An issue that must be done first: `12` or `"#12"` of the same repository, or `"owner/name#12"`. */
const dependency = () =>
  z.union(
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

const count = () => optional(z.union([z.int(whole).nonnegative("expected 0 or more"), digits], whole));
const said = () => optional(z.string("expected text"));
const name = () => optional(text);
const issue = { repo: repoText, issueNumber };
const byAgent = () => ({ agentId: optional(agentIdText) });
const aboutPullRequest = () => ({ ...issue, ...byAgent(), prNumber: count() });
/** Given together, the event belongs to the issue; else to the agent. */
const perhapsIssue = () => ({ repo: optional(repoText), issueNumber: optional(issueNumber) });
const details = () => optional(z.array(z.looseObject({}), "expected a list of objects"));
const deployed = () => ({ ...issue, ...byAgent(), reason: said() });
const tested = () => ({
  ...issue,
  ...byAgent(),
  passedCount: count(),
  totalCount: count(),
  durationMs: count(),
  runUrl: name(),
});

/** Every event type, and what makes its fields: they are made when an event first needs them, not when a Worker starts. */
export const eventFields = {
  ISSUE_APPROVED: () => ({
    ...issue,
    title: text,
    priority: optional(z.enum(priorities, { error: `expected one of ${priorities.join(", ")}` })),
    milestone: name(),
    dependsOn: optional(z.array(dependency(), "expected a list of issues")),
  }),
  ISSUE_ASSIGNED: () => ({ ...issue, agentId: agentIdText, attempt: count() }),
  ISSUE_UNASSIGNED: () => ({ ...issue, ...byAgent(), reason: said() }),
  WORK_STARTED: () => ({ ...issue, agentId: agentIdText, branch: name() }),
  BRANCH_CREATED: () => ({ ...issue, ...byAgent(), branch: name() }),
  PR_CREATED: () => ({ ...aboutPullRequest(), prUrl: name(), branch: name() }),
  CI_PASSED: aboutPullRequest,
  CI_FAILED: aboutPullRequest,
  REVIEW_PASSED: aboutPullRequest,
  REVIEW_DISPUTED: () => ({ ...aboutPullRequest(), attempt: count() }),
  HUMAN_GATE_TRIGGERED: () => ({ ...aboutPullRequest(), reason: said() }),
  HUMAN_GATE_REMINDER: () => ({ ...aboutPullRequest(), attempt: count() }),
  MERGED: () => ({ ...aboutPullRequest(), mergeSha: name() }),
  DEPLOYED_STAGING: deployed,
  SMOKE_PASSED: () => ({ ...issue, ...byAgent() }),
  SMOKE_FAILED: () => ({ ...deployed(), attempt: count(), maxRetries: count() }),
  E2E_PASSED: tested,
  E2E_FAILED: () => ({ ...tested(), failedCount: count(), firstFailure: said() }),
  DEPLOYED_PRODUCTION: deployed,
  VERIFIED: () => ({ ...issue, ...byAgent() }),
  ISSUE_DONE: () => ({ ...issue, ...byAgent(), durationMinutes: optional(z.number("expected a number")) }),
  ESCALATED: () => ({ ...issue, ...byAgent(), reason: said(), attempts: count() }),
  AGENT_STUCK: () => ({ ...perhapsIssue(), agentId: agentIdText, reason: said(), attempt: count() }),
  HEARTBEAT: () => ({
    agentId: agentIdText,
    status: name(),
    currentIssue: optional(z.union([z.int(), z.string()], "expected a number or text")),
    currentRepo: said(),
    activeProvider: said(),
    availableProviders: optional(z.array(z.string(), "expected a list of names")),
    providers: details(),
    integrations: details(),
    intervalSeconds: optional(
      z.number("expected seconds").min(1, "expected 1 or more").max(86_400, "expected at most a day"),
    ),
  }),
  TOKEN_USAGE: () => ({ ...perhapsIssue(), agentId: agentIdText }),
  MILESTONE_COMPLETE: () => ({
    milestone: text.max(MAX_NAME, `expected at most ${MAX_NAME} characters`),
    repo: optional(repoText),
    issueNumber: count(),
  }),
} as const satisfies Record<string, () => z.ZodRawShape>;
