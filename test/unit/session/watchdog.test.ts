import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  lookAgainAfter,
  tryAgainAfter,
  watchAfter,
} from "../../../durable-objects/channel-session/watchdog.ts";

const SECOND = 1_000;
const seconds = (pauses: readonly number[]) => pauses.map((pause) => pause / SECOND);

describe("the watchdog", () => {
  it("rings two seconds ahead of an instance that works, also after some interruptions", () => {
    expect(seconds([0, 1, 2, 3, 4, 5].map(watchAfter))).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it("takes its time with a turn that may be what kills its instances", () => {
    expect(seconds([6, 7, 8, 9, 10, 40].map(watchAfter))).toEqual([4, 8, 16, 30, 30, 30]);
  });

  it("doubles its pauses before a turn that keeps breaking", () => {
    expect(seconds([0, 1, 2, 3, 4, 5].map(tryAgainAfter))).toEqual([3, 6, 12, 24, 30, 30]);
  });

  it("doubles its pauses before what is left to do, by how long that has waited", () => {
    const rings = [0];
    for (let n = 0; n < 7; n++) rings.push((rings[n] ?? 0) + lookAgainAfter(rings[n] ?? 0));
    expect(seconds(rings)).toEqual([0, 3, 6, 12, 24, 48, 78, 108]);
  });

  it("never rings more often than every 2 s, nor more seldom than every 30 s, whatever the clock has done", () => {
    fc.assert(
      fc.property(fc.integer(), (any) => {
        for (const pause of [watchAfter(any), tryAgainAfter(any), lookAgainAfter(any)]) {
          expect(pause).toBeGreaterThanOrEqual(2 * SECOND);
          expect(pause).toBeLessThanOrEqual(30 * SECOND);
        }
      }),
    );
  });
});
