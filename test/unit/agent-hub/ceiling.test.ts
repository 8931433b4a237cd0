import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasCeiling, standingRefusal } from "../../../shared/usage/ceiling.ts";
import { explainRefusal } from "../../../shared/usage/explain-refusal.ts";
import { fromNanoUsd, toNanoUsd } from "../../../shared/usage/nano-usd.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const MIDNIGHT = Date.UTC(2026, 10, 22);
const DECEMBER = Date.UTC(2026, 11, 1);

const standing = (day: number, month = day, reserved = 0) => ({
  day: toNanoUsd(day),
  month: toNanoUsd(month),
  reserved: toNanoUsd(reserved),
});

describe("a ceiling", () => {
  it.each([
    ["below it", { dailyUsd: 1 }, standing(0.99), null],
    ["at it", { dailyUsd: 1 }, standing(1), { period: "day", because: "spent", resetsAt: MIDNIGHT }],
    ["above it", { dailyUsd: 1 }, standing(7), { period: "day", because: "spent", spentUsd: 7 }],
    ["of running calls", { dailyUsd: 1 }, standing(0.5, 0.5, 0.5), { period: "day", because: "reserved" }],
    ["of nothing", { dailyUsd: 0 }, standing(0), { period: "day", because: "spent", ceilingUsd: 0 }],
    ["of the month", { monthlyUsd: 5 }, standing(0, 5), { period: "month", resetsAt: DECEMBER }],
    ["of both", { dailyUsd: 1, monthlyUsd: 5 }, standing(1, 5), { period: "month" }],
    ["of both, one of them surely", { dailyUsd: 1, monthlyUsd: 5 }, standing(1, 4.9, 1), { period: "day" }],
    ["that is not there", {}, standing(1_000_000), null],
  ] as const)("stands against a call %s", (_, budget, money, expected) => {
    const refusal = standingRefusal(budget, money, NOON);
    if (expected === null) expect(refusal).toBeNull();
    else expect(refusal).toMatchObject(expected);
  });

  it("is there when one of the two is, even if it is zero", () => {
    expect([{}, { dailyUsd: 0 }, { monthlyUsd: 1 }].map(hasCeiling)).toEqual([false, true, true]);
  });

  it("is exceeded by one call at most, however calls begin, end, and cost less than they may", () => {
    const call = fc.record({
      estimate: fc.integer({ min: 1, max: 400 }),
      // Even over [0, 1]: fast-check's own doubles are hardly ever above 0.1, and calls that cost nothing reach no ceiling.
      share: fc.oneof(
        fc.constant(1),
        fc.noBias(fc.nat(100)).map((percent) => percent / 100),
      ),
    });
    const event = fc.oneof(
      { weight: 3, arbitrary: call },
      { weight: 1, arbitrary: fc.constant("end" as const) },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.array(event, { maxLength: 60 }),
        (ceiling, events) => {
          const running: { estimate: number; share: number }[] = [];
          let spent = 0;
          let dearest = 0;
          for (const next of [...events, ...events.map(() => "end" as const)]) {
            if (next === "end") {
              const ended = running.shift();
              spent += ended ? Math.floor(ended.estimate * ended.share) : 0;
              continue;
            }
            const reserved = running.reduce((sum, { estimate }) => sum + estimate, 0);
            const budget = { dailyUsd: fromNanoUsd(ceiling) };
            if (standingRefusal(budget, { day: spent, month: spent, reserved }, NOON)) continue;
            running.push(next);
            dearest = Math.max(dearest, next.estimate);
          }
          expect(running).toEqual([]);
          expect(spent).toBeLessThan(ceiling + Math.max(dearest, 1));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a user who meets the ceiling", () => {
  const refusal = {
    period: "day",
    ceilingUsd: 2.5,
    spentUsd: 2.51,
    because: "spent",
    resetsAt: MIDNIGHT,
  } as const;

  it.each([
    [
      refusal,
      NOON,
      "Dev-E's spending limit of $2.50 for today is reached, so the model was not asked. It resets at 00:00 UTC (in about 12 hours).",
    ],
    [
      { ...refusal, ceilingUsd: 0.005, because: "reserved" as const },
      MIDNIGHT - 90_000,
      "Dev-E's spending limit of $0.005 for today is taken up by answers that are being written, so the model was not asked. Please try again in a few minutes. It resets at 00:00 UTC (in about 2 minutes).",
    ],
    [
      { ...refusal, period: "month" as const, ceilingUsd: 40, resetsAt: DECEMBER },
      NOON,
      "Dev-E's spending limit of $40.00 for this month is reached, so the model was not asked. It resets on December 1 at 00:00 UTC (in about 10 days).",
    ],
    [
      refusal,
      MIDNIGHT,
      "Dev-E's spending limit of $2.50 for today is reached, so the model was not asked. It resets at 00:00 UTC (in about 1 minute).",
    ],
  ])("reads what happened and when it is over (%#)", (met, now, text) => {
    expect(explainRefusal(met, "Dev-E", now)).toBe(text);
  });
});
