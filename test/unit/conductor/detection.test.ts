import { describe, expect, it } from "vitest";
import { applyToAgent, isOffline, type RigAgent } from "../../../shared/conductor/agent.ts";
import { findOverdue, GATE_REMINDER_MS, STUCK_AFTER_MS } from "../../../shared/conductor/detection.ts";
import type { Issue } from "../../../shared/conductor/issue.ts";
import { issueAfter, shopEvent, storedEvent } from "./rig.ts";

const heartbeat = { type: "HEARTBEAT", agentId: "dev-e-1", status: "working", intervalSeconds: 60 };
const lateBy = (ms: number, fields = {}): RigAgent => {
  const agent = applyToAgent(null, storedEvent({ ...heartbeat, ...fields }, { at: -ms }));
  if (agent === null) throw new Error("a heartbeat makes an agent known");
  return agent;
};
const started = shopEvent("WORK_STARTED", { agentId: "dev-e-1" });
const assigned = shopEvent("ISSUE_ASSIGNED", { agentId: "dev-e-1" });
const opened = shopEvent("PR_CREATED", { agentId: "dev-e-1" });
const watch = (issue: Issue) => [{ streamId: "acme/shop#1", version: 7, issue }];

describe("an agent", () => {
  it("is known by its last heartbeat", () => {
    const full = {
      ...heartbeat,
      activeProvider: "anthropic",
      availableProviders: ["anthropic"],
      currentIssue: 7,
    };
    const first = applyToAgent(null, storedEvent(full, { at: 1 }));
    expect(first).toMatchObject({ activeProvider: "anthropic", currentIssue: 7, lastHeartbeat: 1 });
    const second = applyToAgent(first, storedEvent({ ...heartbeat, status: "idle" }, { at: 2 }));
    expect(second).toMatchObject({
      status: "idle",
      activeProvider: null,
      currentIssue: null,
      lastHeartbeat: 2,
    });
    const stuck = applyToAgent(second, storedEvent({ type: "AGENT_STUCK", agentId: "dev-e-1" }, { at: 3 }));
    expect(stuck).toMatchObject({ status: "stuck", lastHeartbeat: 2 });
  });

  it("is unknown before its first", () => {
    expect(applyToAgent(null, storedEvent({ type: "AGENT_STUCK", agentId: "dev-e-1" }))).toBeNull();
  });

  it.each([
    [180_000, {}, false],
    [180_001, {}, true],
    [30_001, { intervalSeconds: 10 }, true],
    [180_000, { intervalSeconds: null }, false],
    [180_001, { intervalSeconds: null }, true],
  ])("silent for %d ms with %j: offline is %s", (ms, fields, expected) => {
    expect(isOffline(lateBy(ms, fields), 0)).toBe(expected);
  });
});

describe("the clock finds", () => {
  const alive = lateBy(0);

  it("the work of an agent that has gone offline", () => {
    const issue = issueAfter(started);
    const now = issue.updatedAt + 200_000;
    const [finding] = findOverdue(watch(issue), [lateBy(0)], now);
    expect(finding).toMatchObject({
      streamId: "acme/shop#1",
      version: 7,
      event: { type: "AGENT_STUCK", data: { agentId: "dev-e-1", issueNumber: 1, attempt: 1 } },
    });
    expect(finding?.event.data).toMatchObject({ reason: "no heartbeat for 201 seconds" });
  });

  it("not what an offline agent has only just taken", () => {
    const issue = issueAfter(assigned);
    expect(findOverdue(watch(issue), [lateBy(900_000)], issue.updatedAt + 170_000)).toEqual([]);
  });

  it.each([
    ["assigned", [assigned], "dev-e-1"],
    ["in progress", [started], "dev-e-1"],
  ])("an issue that is %s for too long without a word, its agent known or not", (_, events) => {
    const issue = issueAfter(...events);
    const now = issue.updatedAt + STUCK_AFTER_MS;
    for (const agents of [[], [{ ...alive, lastHeartbeat: now }]]) {
      expect(findOverdue(watch(issue), agents, now)).toEqual([]);
      expect(findOverdue(watch(issue), agents, now + 1)).toMatchObject([
        { event: { type: "AGENT_STUCK", data: { reason: "no progress for 120 minutes" } } },
      ]);
    }
  });

  it("nothing in review, in the queue, or at its end", () => {
    for (const issue of [issueAfter(started, opened), issueAfter(), issueAfter(shopEvent("ISSUE_DONE"))]) {
      expect(findOverdue(watch(issue), [], 10 * STUCK_AFTER_MS)).toEqual([]);
    }
  });

  it("a gate whose human has to be reminded, each half hour", () => {
    const gate = shopEvent("HUMAN_GATE_TRIGGERED", { prNumber: 12 });
    const issue = issueAfter(started, opened, gate);
    const since = issue.humanGate?.since ?? Number.NaN;
    expect(findOverdue(watch(issue), [], since + GATE_REMINDER_MS - 1)).toEqual([]);
    expect(findOverdue(watch(issue), [], since + GATE_REMINDER_MS)).toMatchObject([
      { version: 7, event: { type: "HUMAN_GATE_REMINDER", data: { prNumber: 12, attempt: 30 } } },
    ]);
    const reminded = issueAfter(started, opened, gate, shopEvent("HUMAN_GATE_REMINDER"));
    expect(findOverdue(watch(reminded), [], since + GATE_REMINDER_MS)).toEqual([]);
    expect(findOverdue(watch(reminded), [], since + 1000 + GATE_REMINDER_MS)).toHaveLength(1);
  });
});
