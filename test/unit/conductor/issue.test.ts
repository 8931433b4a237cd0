import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyProjection, type Projection, project } from "../../../d1/conductor/projection.ts";
import type { StoredEvent } from "../../../shared/conductor/event.ts";
import { applyToIssue, type Issue } from "../../../shared/conductor/issue.ts";
import { consequenceOf, refusalOf } from "../../../shared/conductor/rules.ts";
import { rigEvent } from "../../support/rig-events.ts";
import { issueAfter, shopEvent, storedEvent } from "./rig.ts";

const dev = { agentId: "dev-e-1" };
const other = { agentId: "dev-e-2" };
const assigned = shopEvent("ISSUE_ASSIGNED", dev);
const started = shopEvent("WORK_STARTED", { ...dev, branch: "fix/it" });
const opened = shopEvent("PR_CREATED", { ...dev, prNumber: 12 });
const merged = shopEvent("MERGED");
const stuck = shopEvent("AGENT_STUCK", { ...dev, reason: "no heartbeat" });
const done = shopEvent("ISSUE_DONE");
const escalated = shopEvent("ESCALATED", { reason: "hopeless" });

describe("an issue", () => {
  it.each<[string, Record<string, unknown>[], Partial<Issue>]>([
    [
      "is queued once approved",
      [],
      { state: "queued", agentId: null, priority: "normal", failedAttempts: 0 },
    ],
    ["is assigned to one agent", [assigned], { state: "assigned", ...dev }],
    ["stays with it when another is named later", [assigned, shopEvent("ISSUE_ASSIGNED", other)], dev],
    ["is in progress once work started", [assigned, started], { state: "in_progress", branch: "fix/it" }],
    ["is taken by who starts it unasked", [started], { state: "in_progress", ...dev }],
    ["is in review with a pull request", [started, opened], { state: "in_review", prNumber: 12 }],
    ["knows its checks", [started, opened, shopEvent("CI_FAILED")], { state: "in_review", ci: "failed" }],
    [
      "is worked on again after a dispute",
      [started, opened, shopEvent("REVIEW_DISPUTED")],
      { state: "in_progress" },
    ],
    [
      "waits for its merge when reviewed",
      [started, opened, shopEvent("REVIEW_PASSED")],
      { review: "passed" },
    ],
    ["is deploying once merged", [started, opened, merged], { state: "deploying", ...dev }],
    ["is done at the end", [started, opened, merged, done], { state: "done", ...dev }],
    ["stays done", [done, assigned, started, merged, stuck, escalated], { state: "done" }],
    [
      "is free again when given back",
      [started, shopEvent("ISSUE_UNASSIGNED")],
      { state: "queued", agentId: null },
    ],
    [
      "ignores who no longer has it",
      [started, shopEvent("ISSUE_UNASSIGNED", other)],
      { state: "in_progress", ...dev },
    ],
    [
      "ignores a late branch",
      [started, shopEvent("BRANCH_CREATED", { ...other, branch: "x" })],
      { branch: "fix/it" },
    ],
    [
      "is queued again after one failed attempt",
      [started, stuck],
      { state: "queued", failedAttempts: 1, branch: null },
    ],
    [
      "is failed after two",
      [started, stuck, started, stuck],
      { state: "failed", failedAttempts: 2, agentId: null },
    ],
    [
      "counts an end-to-end failure",
      [started, merged, shopEvent("E2E_FAILED")],
      { state: "queued", failedAttempts: 1 },
    ],
    [
      "does not count a smoke test that is tried again",
      [merged, shopEvent("SMOKE_FAILED", { attempt: 2 })],
      { state: "deploying", failedAttempts: 0 },
    ],
    [
      "counts the last smoke test",
      [merged, shopEvent("SMOKE_FAILED", { attempt: 3 })],
      { state: "queued", failedAttempts: 1 },
    ],
    [
      "counts no red check",
      [started, opened, shopEvent("CI_FAILED"), shopEvent("CI_FAILED")],
      { failedAttempts: 0 },
    ],
    [
      "counts no failure of tests while nobody has it",
      [shopEvent("E2E_FAILED"), shopEvent("SMOKE_FAILED", { attempt: 3 })],
      { state: "queued", failedAttempts: 0, reason: null },
    ],
    [
      "stays with a human, whatever tests say",
      [escalated, shopEvent("E2E_FAILED")],
      { state: "failed", failedAttempts: 0, reason: "hopeless" },
    ],
    [
      "counts nobody else's trouble",
      [started, { ...stuck, ...other }],
      { state: "in_progress", failedAttempts: 0 },
    ],
    [
      "stays failed when approved again",
      [escalated, shopEvent("ISSUE_APPROVED", { title: "New" })],
      { state: "failed", title: "New" },
    ],
    [
      "can be taken up again by a human",
      [started, stuck, started, stuck, shopEvent("ISSUE_UNASSIGNED")],
      { state: "queued", failedAttempts: 0 },
    ],
    ["is deploying when a human merges what failed", [escalated, merged], { state: "deploying" }],
    [
      "keeps its place when approved again",
      [shopEvent("ISSUE_APPROVED", { title: "Fix it", priority: "high" })],
      { approvedAt: 0, priority: "high", updatedAt: 1000 },
    ],
    [
      "knows its gate",
      [shopEvent("HUMAN_GATE_TRIGGERED", { prNumber: 12, reason: "payments" })],
      { humanGate: { prNumber: 12, reason: "payments", since: 1000, remindedAt: null } },
    ],
    ["passes its gate when merged", [shopEvent("HUMAN_GATE_TRIGGERED"), merged], { humanGate: null }],
  ])("%s", (_, events, expected) => {
    expect(issueAfter(...events)).toMatchObject(expected);
  });

  it("depends on issues of its repository or another", () => {
    const approval = shopEvent("ISSUE_APPROVED", { title: "T", dependsOn: [2, "#3", "4", "acme/site#5"] });
    const expected = ["acme/shop#2", "acme/shop#3", "acme/shop#4", "acme/site#5"];
    expect(issueAfter(approval).dependsOn).toEqual(expected);
  });

  it("is none before it is approved, unless it is done", () => {
    for (const body of [assigned, started, opened, merged, stuck, escalated]) {
      expect(applyToIssue(null, storedEvent(body))).toBeNull();
    }
    expect(applyToIssue(null, storedEvent(done))).toMatchObject({ state: "done", title: "acme/shop#1" });
  });

  it("changes nothing at an event that only a later release knows", () => {
    const unknown = { ...storedEvent(merged), type: "TELEPORTED" } as unknown as StoredEvent;
    expect(applyToIssue(issueAfter(started), unknown)).toEqual({ ...issueAfter(started), updatedAt: 0 });
  });
});

describe("the rules", () => {
  const standing = (events: Record<string, unknown>[], blockedBy: string[] = []) => ({
    issue: issueAfter(...events),
    blockedBy,
  });

  it.each([
    ["lets a free issue be assigned", assigned, standing([]), null],
    ["lets its agent be named again", assigned, standing([assigned]), null],
    ["lets its agent start", started, standing([assigned]), null],
    [
      "keeps a second agent out",
      { ...assigned, ...other },
      standing([assigned]),
      "Issue acme/shop#1 is assigned to dev-e-1",
    ],
    [
      "keeps a second worker out",
      { ...started, ...other },
      standing([started]),
      "Issue acme/shop#1 is assigned to dev-e-1",
    ],
    [
      "holds back what waits",
      assigned,
      standing([], ["acme/shop#2"]),
      "Issue acme/shop#1 waits for acme/shop#2",
    ],
    [
      "holds back who starts on their own what waits",
      started,
      standing([], ["acme/shop#2"]),
      "Issue acme/shop#1 waits for acme/shop#2",
    ],
    ["leaves what is done", started, standing([done]), "Issue acme/shop#1 is done"],
    ["leaves what has failed", assigned, standing([escalated]), "Issue acme/shop#1 is failed"],
    ["knows what it assigns", assigned, { issue: null, blockedBy: [] }, "Issue not approved: acme/shop#1"],
    ["lets work go on that it does not know", started, { issue: null, blockedBy: [] }, null],
    ["takes every fact", merged, standing([], ["acme/shop#2"]), null],
  ])("%s", (_, body, before, expected) => {
    expect(refusalOf(storedEvent(body), before)).toBe(expected);
  });

  it("send an issue to a human after its second failed attempt, once", () => {
    const before = issueAfter(started, stuck, started);
    const after = issueAfter(started, stuck, started, stuck);
    const expected = { reason: "2 failed attempts: no heartbeat", attempts: 2 };
    expect(consequenceOf(storedEvent(stuck), before, after)).toMatchObject({
      type: "ESCALATED",
      data: expected,
    });
    expect(consequenceOf(storedEvent(stuck), after, after)).toBeNull();
    expect(consequenceOf(storedEvent(stuck), issueAfter(started), issueAfter(started, stuck))).toBeNull();
    expect(consequenceOf(storedEvent(escalated), before, issueAfter(escalated))).toBeNull();
  });
});

describe("10,000 random events", () => {
  /** What JSON keeps of a value: how rows hold it. */
  const stored = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  it("come to the same row by row as in one go, and never to a state that cannot be", () => {
    const [bodies = []] = fc.sample(
      fc.array(rigEvent, { minLength: 10_000, maxLength: 10_000, size: "max" }),
      {
        numRuns: 1,
        seed: 20_261_121,
      },
    );
    expect(bodies).toHaveLength(10_000);
    const log: StoredEvent[] = [];
    const rows = new Map<string, { version: number; projection: Projection }>();
    for (const [at, body] of bodies.entries()) {
      const submitted = storedEvent(body, { at });
      const { streamId } = submitted;
      const row = rows.get(streamId) ?? { version: 0, projection: emptyProjection(streamId) };
      const event = stored({ ...submitted, version: row.version + 1 });
      const projection = stored(project(row.projection, event));
      rows.set(streamId, { version: event.version, projection });
      log.push(event);
      if (projection.kind === "issue" && projection.issue && !isPossible(projection.issue)) {
        expect.fail(`${JSON.stringify(event)} led to ${JSON.stringify(projection.issue)}`);
      }
    }
    const states = [...rows.values()].flatMap(({ projection }) =>
      projection.kind === "issue" ? (projection.issue?.state ?? []) : [],
    );
    expect(new Set(states)).toContain("done");
    for (const [streamId, { version, projection }] of rows) {
      const events = log.filter((event) => event.streamId === streamId);
      expect(events).toHaveLength(version);
      expect(stored(events.reduce(project, emptyProjection(streamId)))).toEqual(projection);
    }
  }, 30_000);

  function isPossible(issue: Issue): boolean {
    const { state, agentId, branch, prNumber, humanGate } = issue;
    if (state === "assigned" || state === "in_progress") return agentId !== null;
    if (state === "queued") return agentId === null && branch === null && prNumber === null;
    if (state === "failed") return agentId === null && humanGate === null;
    return state !== "done" || humanGate === null;
  }
});
