import fc from "fast-check";
import { expect, it } from "vitest";
import { nextUtcDay, nextUtcMonth, utcDay, utcMonth } from "../../../shared/time/utc-period.ts";

const moment = fc.integer({ min: 0, max: Date.UTC(2200, 0) });

it("a day ends where the next begins, and so does a month", () => {
  fc.assert(
    fc.property(moment, (at) => {
      for (const [period, next] of [
        [utcDay, nextUtcDay],
        [utcMonth, nextUtcMonth],
      ] as const) {
        const end = next(at);
        expect(end).toBeGreaterThan(at);
        expect(period(end - 1)).toBe(period(at));
        expect(period(end)).not.toBe(period(at));
        expect(utcDay(end)).toContain(period(end));
      }
    }),
  );
});

it("knows the ends of February and of the year", () => {
  expect(utcDay(nextUtcDay(Date.UTC(2028, 1, 28, 23, 59)))).toBe("2028-02-29");
  expect(utcDay(nextUtcMonth(Date.UTC(2026, 11, 31)))).toBe("2027-01-01");
});
