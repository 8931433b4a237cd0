import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runErrands, storedUpTo } from "../../../durable-objects/gateway-link/errands.ts";

const done = (channelId: string, log: string[], name: string) => ({
  ...{ trace: `discord:${name}`, channelId },
  seen: name,
  run: async () => {
    log.push(name);
  },
});
const fails = (channelId: string) => ({
  ...{ trace: "discord:9", channelId, seen: "failed" },
  run: () => Promise.reject(new Error("away")),
});

describe("a batch", () => {
  it("is stored as a whole when all of it is", async () => {
    const log: string[] = [];
    const outcome = await runErrands([
      { seq: 4, errand: null },
      { seq: 5, errand: done("x", log, "1") },
      { seq: 6, errand: done("x", log, "2") },
    ]);
    expect(log).toEqual(["1", "2"]);
    expect(outcome).toEqual({ storedUpTo: 6, seen: new Map([["x", "2"]]), failures: [] });
  });

  it("stops the channel of a session that is away, and no other, and is stored up to there", async () => {
    const log: string[] = [];
    const outcome = await runErrands([
      { seq: 1, errand: done("x", log, "1") },
      { seq: 2, errand: fails("x") },
      { seq: 3, errand: done("y", log, "3") },
      { seq: 4, errand: done("x", log, "4") },
    ]);
    expect(log.toSorted()).toEqual(["1", "3"]);
    expect(outcome.storedUpTo).toBe(1);
    expect(outcome.seen).toEqual(
      new Map([
        ["x", "1"],
        ["y", "3"],
      ]),
    );
    expect(outcome.failures).toMatchObject([{ trace: "discord:9", channelId: "x" }]);
  });

  it("does not wait in one channel for another", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = { trace: "discord:1", channelId: "x", run: () => promise };
    const quick = { trace: "discord:2", channelId: "y", run: async () => resolve() };
    expect(
      (
        await runErrands([
          { seq: 1, errand: slow },
          { seq: 2, errand: quick },
        ])
      ).storedUpTo,
    ).toBe(2);
  });

  it("tells a thread of the message that starts it before those in it", async () => {
    const log: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const starts = {
      ...done("x", log, "starts"),
      conversation: "t",
      run: async () => {
        await promise;
        log.push("starts");
      },
    };
    const elsewhere = { trace: "discord:2", channelId: "y", run: async () => resolve() };
    const outcome = await runErrands([
      { seq: 1, errand: starts },
      { seq: 2, errand: done("t", log, "follows") },
      { seq: 3, errand: elsewhere },
    ]);
    expect(log).toEqual(["starts", "follows"]);
    expect(outcome.storedUpTo).toBe(3);
    const failing = { ...fails("x"), conversation: "t" };
    const stopped = await runErrands([
      { seq: 1, errand: failing },
      { seq: 2, errand: done("t", log, "not told") },
    ]);
    expect(stopped).toMatchObject({ storedUpTo: null, failures: [{ channelId: "x" }] });
    expect(log).not.toContain("not told");
  });

  it("that stores nothing moves nothing", async () => {
    expect((await runErrands([])).storedUpTo).toBeNull();
    expect(await runErrands([{ seq: 9, errand: fails("x") }])).toMatchObject({
      storedUpTo: null,
      seen: new Map(),
    });
  });

  it("never moves the cursor past an event that is not stored, in whatever order they came", () => {
    const sequences = fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 30 });
    fc.assert(
      fc.property(sequences, fc.infiniteStream(fc.boolean()), (all, isStored) => {
        const unstored = all.filter(() => !isStored.next().value);
        const cursor = storedUpTo(all, unstored);
        for (const seq of unstored) expect(cursor ?? 0).toBeLessThan(seq);
        if (unstored.length === 0 && all.length > 0) expect(cursor).toBe(Math.max(...all));
      }),
    );
  });
});
