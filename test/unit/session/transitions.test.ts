import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isOpen,
  OPEN,
  type TurnEvent,
  type TurnPhase,
  type TurnStanding,
  transition,
} from "../../../durable-objects/channel-session/engine/transitions.ts";

const NEW: TurnStanding = { state: "running", generation: 1, failure: null, finishedAt: null };
const FAILURE = { code: "timeout", message: "It took too long." };

const event: fc.Arbitrary<TurnEvent> = fc.oneof(
  fc.constantFrom<TurnEvent>(
    { happened: "resumed" },
    { happened: "parked" },
    { happened: "decided" },
    { happened: "answered" },
    { happened: "delivered" },
    { happened: "stopped" },
  ),
  fc.record({
    happened: fc.constantFrom("failed" as const, "undeliverable" as const),
    failure: fc.record({ code: fc.string(), message: fc.string() }),
  }),
);

/** What becomes of a turn to which all of this happens; what is refused changes nothing. */
function standingAfter(events: readonly TurnEvent[], turn = NEW): TurnStanding {
  return events.reduce((standing, each, index) => transition(standing, each, index) ?? standing, turn);
}

function phases(...events: TurnEvent["happened"][]): TurnPhase {
  return standingAfter(events.map(eventOf)).state;
}

function eventOf(happened: TurnEvent["happened"]): TurnEvent {
  return happened === "failed" || happened === "undeliverable"
    ? { happened, failure: FAILURE }
    : { happened };
}

describe("a turn's states", () => {
  it("leads from a question to its answer, over a decision if need be", () => {
    expect(phases("answered", "delivered")).toBe("done");
    expect(phases("parked", "decided", "answered", "delivered")).toBe("done");
    expect(phases("failed", "delivered")).toBe("failed");
    expect(phases("answered", "undeliverable", "delivered")).toBe("failed");
  });

  it("can be stopped before its answer is on its way, and not after", () => {
    expect(phases("stopped")).toBe("cancelled");
    expect(phases("parked", "stopped")).toBe("cancelled");
    expect(phases("answered", "stopped")).toBe("posting");
  });

  it("is not taken up by an instance while only people can bring it on", () => {
    const parked = standingAfter([{ happened: "parked" }]);
    expect(transition(parked, { happened: "resumed" }, 1)).toBeUndefined();
  });

  it("keeps its first failure", () => {
    const second = { code: "undeliverable", message: "Nobody took it." };
    const turn = standingAfter([
      { happened: "failed", failure: FAILURE },
      { happened: "undeliverable", failure: second },
      { happened: "delivered" },
    ]);
    expect(turn).toMatchObject({ state: "failed", failure: FAILURE });
  });
});

describe("whatever happens to a turn, in whatever order, however often", () => {
  it("has a state that is defined, and an end exactly when it is over", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const turn = standingAfter(events);
        expect(["running", "parked", "posting", "done", "failed", "cancelled"]).toContain(turn.state);
        expect(turn.finishedAt === null).toBe(isOpen(turn.state));
        expect(OPEN.includes(turn.state)).toBe(isOpen(turn.state));
      }),
      { numRuns: 1_000 },
    );
  });

  it("changes nothing once it is over", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), event, (events, more) => {
        const turn = standingAfter(events);
        fc.pre(!isOpen(turn.state));
        expect(transition(turn, more, 99)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it("is of a new generation after each taking up and each stop, and after nothing else", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), event, (events, more) => {
        const before = standingAfter(events);
        const turn = transition(before, more, 99);
        fc.pre(turn !== undefined);
        const fences = more.happened === "resumed" || more.happened === "stopped";
        expect(turn?.generation).toBe(before.generation + (fences ? 1 : 0));
      }),
      { numRuns: 1_000 },
    );
  });

  it("says failed if and only if something of it failed and it was not stopped", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const { state, failure } = standingAfter(events);
        if (state === "failed") expect(failure).not.toBeNull();
        if (state === "done") expect(failure).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  it("can always be brought to its end", () => {
    const ways: TurnEvent[][] = [
      [{ happened: "stopped" }],
      [{ happened: "delivered" }],
      [{ happened: "decided" }, { happened: "answered" }, { happened: "delivered" }],
    ];
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const turn = standingAfter(events);
        expect(ways.some((way) => !isOpen(standingAfter(way, turn).state))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
