import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventName, readSubmission, streamKind } from "../../../shared/conductor/event.ts";
import { eventFields } from "../../../shared/conductor/fields.ts";
import { invalidRigEvent, rigEvent } from "../../support/rig-events.ts";

const issue = { repo: "Stig-Johnny/star-rewards", issueNumber: 547 };
const errorOf = (body: unknown) => {
  const reading = readSubmission(body);
  return "error" in reading ? reading.error : null;
};

describe("an event that is submitted", () => {
  it("is read as the reference's example sends it", () => {
    const approval = {
      type: "ISSUE_APPROVED",
      ...issue,
      title: "feat: rules",
      priority: "normal",
      dependsOn: [],
    };
    expect(readSubmission(approval)).toMatchObject({
      streamId: "Stig-Johnny/star-rewards#547",
      event: {
        type: "ISSUE_APPROVED",
        data: { ...issue, title: "feat: rules", priority: "normal", dependsOn: [] },
      },
      eventId: undefined,
      expectedVersion: undefined,
    });
  });

  it.each(Object.keys(eventFields))(
    "of type %s needs no more than its issue or agent and what names it",
    (type) => {
      const most = { ...issue, agentId: "dev-e", title: "T", milestone: "v1" };
      expect(errorOf({ type, ...most })).toBeNull();
    },
  );

  it("may leave fields empty with null, and write numbers in quotes", () => {
    const reading = readSubmission({
      type: "PR_CREATED",
      repo: "a/b",
      issueNumber: "7",
      prNumber: "12",
      branch: null,
    });
    expect(reading).toMatchObject({ streamId: "a/b#7", event: { data: { issueNumber: 7, prNumber: 12 } } });
  });

  it("keeps fields that nobody knows, and not its envelope", () => {
    const reading = readSubmission({
      type: "MERGED",
      ...issue,
      eventId: "e1",
      expectedVersion: 3,
      extra: { deep: [1] },
    });
    expect(reading).toMatchObject({ eventId: "e1", expectedVersion: 3 });
    expect("event" in reading && reading.event.data).toEqual({ ...issue, extra: { deep: [1] } });
  });

  it.each([
    [{ type: "INVALID" }, "Unknown event type: INVALID"],
    [{ type: "toString" }, "Unknown event type: toString"],
    [{ type: 7 }, "Unknown event type: 7"],
    [{}, "Missing required field: type"],
    [null, "Expected a JSON object"],
    [[], "Expected a JSON object"],
    [{ type: "MERGED", issueNumber: 1 }, "Missing required field: repo"],
    [{ type: "MERGED", repo: "a/b", issueNumber: null }, "Missing required field: issueNumber"],
    [{ type: "ISSUE_APPROVED", ...issue }, "Missing required field: title"],
    [{ type: "WORK_STARTED", ...issue }, "Missing required field: agentId"],
    [{ type: "HEARTBEAT" }, "Missing required field: agentId"],
    [{ type: "MERGED", repo: "a/b", issueNumber: 0 }, "Invalid field: issueNumber: expected 1 or more"],
    [{ type: "MERGED", repo: "a#b", issueNumber: 1 }, /^Invalid field: repo: expected a repository/],
    [{ type: "HEARTBEAT", agentId: "a/b#1" }, /^Invalid field: agentId: expected an agent's id/],
    [{ type: "MERGED", ...issue, expectedVersion: -1 }, "Invalid field: expectedVersion: expected 0 or more"],
    [{ type: "MERGED", ...issue, eventId: "conductor:x" }, /^Invalid field: eventId: expected an id that/],
    [
      { type: "ISSUE_APPROVED", ...issue, title: "T", priority: "urgent" },
      "Invalid field: priority: expected one of critical, high, normal",
    ],
    [
      { type: "ISSUE_APPROVED", ...issue, title: "T", dependsOn: ["x"] },
      /^Invalid field: dependsOn\.0: expected/,
    ],
    [{ type: "MERGED" }, "Missing required field: repo; Missing required field: issueNumber"],
  ])("%j is refused, and it says why", (body, expected) => {
    expect(errorOf(body)).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  });

  it("is either read or refused with a reason, whatever it is", () => {
    fc.assert(
      fc.property(rigEvent, (body) => {
        expect(errorOf(body)).toBeNull();
      }),
    );
    fc.assert(
      fc.property(invalidRigEvent, (body) => {
        expect(errorOf(body)).toMatch(/./);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const reading = readSubmission(body);
        expect("error" in reading ? reading.error : reading.streamId).toMatch(/./);
      }),
    );
  });
});

describe("a stream", () => {
  it.each([
    [{ type: "HEARTBEAT", agentId: "dev-e-1", currentRepo: "a/b", currentIssue: 1 }, "dev-e-1", "agent"],
    [{ type: "AGENT_STUCK", agentId: "dev-e-1" }, "dev-e-1", "agent"],
    [{ type: "AGENT_STUCK", agentId: "dev-e-1", repo: "a/b", issueNumber: 1 }, "a/b#1", "issue"],
    [{ type: "TOKEN_USAGE", agentId: "dev-e-1", repo: "a/b" }, "dev-e-1", "agent"],
    [
      { type: "MILESTONE_COMPLETE", milestone: "v1", repo: "a/b", issueNumber: 9 },
      "milestone:a/b:v1",
      "milestone",
    ],
    [{ type: "CI_PASSED", repo: "a/b", issueNumber: 1, agentId: "dev-e-1" }, "a/b#1", "issue"],
  ])("of %j is %s", (body, streamId, kind) => {
    expect(readSubmission(body)).toMatchObject({ streamId });
    expect(streamKind(streamId)).toBe(kind);
  });
});

it("a type is shown as the reference shows it", () => {
  const names = (["ISSUE_APPROVED", "CI_PASSED", "E2E_FAILED", "MERGED"] as const).map(eventName);
  expect(names).toEqual(["IssueApproved", "CiPassed", "E2eFailed", "Merged"]);
});
