/** Random events of a rig of three agents, two repositories and a dozen issues, as they are submitted. */
import fc from "fast-check";

const repo = fc.constantFrom("acme/shop", "acme/site");
const issueNumber = fc.integer({ min: 1, max: 6 });
const agentId = fc.constantFrom("dev-e-1", "dev-e-2", "review-e");
const issue = { repo, issueNumber };
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const attempt = maybe(fc.integer({ min: 1, max: 3 }));
const about = <T extends string>(type: T, fields: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ type: fc.constant(type), ...issue, ...fields });
const common = ["CI_PASSED", "CI_FAILED", "REVIEW_PASSED", "MERGED", "DEPLOYED_STAGING", "SMOKE_PASSED"];

const approved = about("ISSUE_APPROVED", {
  title: fc.constantFrom("Fix it", "Build it"),
  priority: fc.constantFrom("critical", "high", "normal", undefined),
  dependsOn: fc.uniqueArray(fc.oneof(issueNumber, fc.constantFrom("#2", "acme/site#1")), { maxLength: 2 }),
});
const work = fc.oneof(
  about("ISSUE_ASSIGNED", { agentId }),
  about("WORK_STARTED", { agentId, branch: maybe(fc.constant("fix/it")) }),
  about("BRANCH_CREATED", { agentId, branch: fc.constant("fix/it") }),
  about("PR_CREATED", { agentId: maybe(agentId), prNumber: fc.integer({ min: 1, max: 99 }) }),
  about("ISSUE_UNASSIGNED", { agentId: maybe(agentId) }),
);
const outcome = fc.oneof(
  ...common.map((type) => about(type)),
  about("REVIEW_DISPUTED", { attempt }),
  about("HUMAN_GATE_TRIGGERED", { reason: fc.constant("touches payments") }),
  about("HUMAN_GATE_REMINDER"),
  about("SMOKE_FAILED", { attempt, reason: maybe(fc.constant("502")) }),
  about("E2E_FAILED"),
  about("E2E_PASSED"),
  about("DEPLOYED_PRODUCTION"),
  about("VERIFIED"),
  about("AGENT_STUCK", { agentId }),
  about("TOKEN_USAGE", { agentId }),
);
const ending = fc.oneof(about("ISSUE_DONE"), about("ESCALATED", { reason: fc.constant("hopeless") }));
const ofAgent = fc.oneof(
  fc.record({
    type: fc.constant("HEARTBEAT"),
    agentId,
    status: fc.constantFrom("idle", "working"),
    currentIssue: maybe(issueNumber),
    providers: fc.constant([{ name: "anthropic", status: "ok", active: true }]),
  }),
  fc.record({ type: fc.constant("AGENT_STUCK"), agentId }),
  fc.record({ type: fc.constant("MILESTONE_COMPLETE"), milestone: fc.constant("v1") }),
);

/** A body of `POST /api/events` that reads well; whether the rig's rules allow it depends on what was before. */
export const rigEvent: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { arbitrary: approved, weight: 3 },
  { arbitrary: work, weight: 6 },
  { arbitrary: outcome, weight: 6 },
  { arbitrary: ending, weight: 1 },
  { arbitrary: ofAgent, weight: 1 },
);

/** A body that does not. */
export const invalidRigEvent: fc.Arbitrary<unknown> = fc.oneof(
  about("ISSUE_ASSIGNED"),
  about("ISSUE_APPROVED"),
  about("NOT_A_TYPE"),
  fc.record({ type: fc.constant("CI_PASSED"), repo }),
  fc.record({ type: fc.constant("HEARTBEAT") }),
  fc.record({ type: fc.constant("MERGED"), repo: fc.constant("a b"), issueNumber }),
  fc.record({ type: fc.constant("WORK_STARTED"), ...issue, agentId: fc.constant("acme/shop#1") }),
  fc.constant([]),
  fc.constant("text"),
);
