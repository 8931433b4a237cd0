import { describe, expect, it } from "vitest";
import {
  APPROVAL_MS,
  approvalDeadline,
  closeUnmade,
  countDecided,
  decide,
  declineOverdue,
  hasWork,
} from "../../../durable-objects/channel-session/engine/approvals.ts";
import type { StepRow } from "../../../durable-objects/channel-session/engine/schema.ts";
import type { Approval } from "../../../shared/session/decision.ts";

const ann = { id: "1", name: "Ann" };
const ben = { id: "2", name: "Ben" };
const approved: Approval = { state: "approved", by: ann, at: 5 };

/** A tool call that was journaled at `startedAt`. */
function row(step: number, approval?: Approval, startedAt = 0): StepRow {
  const entry = { kind: "tool" as const, round: 0, callId: `c${step}`, name: "post_x", input: {} };
  return {
    ...{ turnId: "t", step, startedAt, finishedAt: null },
    entry: { ...entry, ...(approval && { approval }) },
  };
}

const pending = (step: number, startedAt = 0) => row(step, { state: "pending" }, startedAt);

describe("a decision", () => {
  it("approves a call, which then has yet to be made", () => {
    const { outcome, change } = decide([pending(1)], { call: "1", approve: true, by: ann }, 5);
    expect(outcome).toEqual({ status: "decided", approval: approved });
    expect(change).toEqual(row(1, approved));
  });

  it("declines a call, which is then over, and the model is told by whom", () => {
    const { outcome, change } = decide([pending(1)], { call: "1", approve: false, by: ann }, 5);
    const approval = { state: "declined", by: ann, at: 5 };
    expect(outcome).toEqual({ status: "decided", approval });
    expect(change).toMatchObject({ finishedAt: 5, entry: { approval, result: { isError: true } } });
    expect(change?.entry).toMatchObject({ result: { content: "Declined by Ann. The call was not made." } });
  });

  it("holds against any later one", () => {
    const { change } = decide([pending(1)], { call: "1", approve: true, by: ann }, 5);
    const later = decide(change ? [change] : [], { call: "1", approve: false, by: ben }, 6);
    expect(later).toEqual({ outcome: { status: "already_decided", approval: approved } });
  });

  it.each([
    ["that is not there", "7"],
    ["that needed no approval", "2"],
    ["that is a model call", "0"],
    ["that is no number", "x"],
  ])("on a call %s changes nothing", (_, call) => {
    const model: StepRow = { ...row(0), entry: { kind: "model", round: 0, attempt: 1 } };
    expect(decide([model, pending(1), row(2)], { call, approve: true, by: ann }, 5)).toEqual({
      outcome: { status: "unknown_call" },
    });
  });
});

describe("the clock", () => {
  it("declines after 24 hours, not before, and only what nobody has decided on", () => {
    const journal = [pending(1, 100), pending(2, 200), row(3, approved, 100), row(4, undefined, 100)];
    expect(approvalDeadline(journal)).toBe(100 + APPROVAL_MS);
    expect(declineOverdue(journal, 99 + APPROVAL_MS)).toEqual([]);
    const [overdue, ...more] = declineOverdue(journal, 100 + APPROVAL_MS);
    expect(more).toEqual([]);
    expect(overdue).toMatchObject({ step: 1, entry: { approval: { state: "declined", by: "clock" } } });
    expect(overdue?.entry).toMatchObject({
      result: { content: "Declined: nobody answered within 24 hours. The call was not made." },
    });
  });

  it("has no deadline for a turn in which everything is decided", () => {
    expect(approvalDeadline([row(1, approved), row(2)])).toBeUndefined();
  });
});

describe("a turn that ends", () => {
  it("closes what it has not made, and leaves alone what it has", () => {
    const started = row(3, { ...approved, started: true });
    const closed = closeUnmade([pending(1), row(2, approved), started, row(4)], 9);
    expect(closed.map(({ step }) => step)).toEqual([1, 2]);
    expect(closed.map(({ entry }) => entry.kind === "tool" && entry.approval)).toEqual([
      { state: "declined", by: "end", at: 9 },
      approved,
    ]);
    for (const { entry } of closed)
      expect(entry).toMatchObject({ result: { content: "The answer ended before. The call was not made." } });
  });
});

describe("a parked turn", () => {
  const declined = row(2, { state: "declined", by: ann, at: 1 });

  it.each<[string, StepRow[], boolean]>([
    ["has nothing to do while calls are undecided", [pending(1), declined], false],
    ["has something to do once one is approved", [pending(1), row(2, approved)], true],
    ["has something to do once all are decided", [row(1), declined], true],
    ["does not make a call again", [pending(1), row(2, { ...approved, started: true })], false],
  ])("%s", (_, journal, expected) => {
    expect(hasWork(journal)).toBe(expected);
  });

  it("may have been woken once by each decision", () => {
    expect(countDecided([row(0), pending(1), declined, row(3, approved)])).toBe(2);
  });
});
