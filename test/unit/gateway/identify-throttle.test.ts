import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  earliestIdentify,
  IDENTIFY_SPACING_MS,
  refreshThrottle,
  reserveIdentify,
} from "../../../shared/gateway/identify-throttle.ts";

const limit = { total: 1000, remaining: 1000, reset_after: 86_400_000, max_concurrency: 1 };

describe("IDENTIFY slots", () => {
  it("are five seconds apart within a bucket, and independent between buckets", () => {
    let throttle = refreshThrottle(null, { ...limit, max_concurrency: 2 }, 0);
    const slots = [0, 1, 2, 3].map((shard) => {
      const reserved = reserveIdentify(throttle, shard, 100);
      throttle = reserved.throttle;
      return reserved.at;
    });
    expect(slots).toEqual([100, 100, 100 + IDENTIFY_SPACING_MS, 100 + IDENTIFY_SPACING_MS]);
  });

  it("wait for the reset when no session start is left", () => {
    const throttle = refreshThrottle(null, { ...limit, remaining: 1, reset_after: 60_000 }, 0);
    const first = reserveIdentify(throttle, 0, 0);
    expect(first.at).toBe(0);
    expect(earliestIdentify(first.throttle, 0, 10_000)).toBe(60_000);
    expect(reserveIdentify(first.throttle, 0, 60_000)).toMatchObject({
      at: 60_000,
      throttle: { remaining: 999 },
    });
  });

  it("are kept over a new answer of Discord's", () => {
    const reserved = reserveIdentify(refreshThrottle(null, limit, 0), 0, 0);
    expect(earliestIdentify(refreshThrottle(reserved.throttle, limit, 1_000), 0, 1_000)).toBe(
      IDENTIFY_SPACING_MS,
    );
  });

  it("are never closer than five seconds, nor more than are left, whoever asks when", () => {
    const asking = fc.record({ shard: fc.nat(9), waited: fc.nat(10_000) });
    fc.assert(
      fc.property(
        fc.array(asking, { maxLength: 60 }),
        fc.integer({ min: 1, max: 16 }),
        fc.nat(20),
        (all, max_concurrency, remaining) => {
          const resetsAt = 1_000_000;
          let throttle = refreshThrottle(
            null,
            { ...limit, max_concurrency, remaining, reset_after: resetsAt },
            0,
          );
          let now = 0;
          const slots = all.map(({ shard, waited }) => {
            now += waited;
            const reserved = reserveIdentify(throttle, shard, now);
            throttle = reserved.throttle;
            expect(reserved.at).toBeGreaterThanOrEqual(now);
            return { bucket: shard % max_concurrency, at: reserved.at };
          });
          expect(slots.filter(({ at }) => at < resetsAt).length).toBeLessThanOrEqual(remaining);
          for (const bucket of new Set(slots.map((slot) => slot.bucket))) {
            const times = slots.filter((slot) => slot.bucket === bucket).map(({ at }) => at);
            for (const [index, at] of times.slice(1).entries())
              expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(IDENTIFY_SPACING_MS);
          }
        },
      ),
    );
  });
});
