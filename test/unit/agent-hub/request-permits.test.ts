import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantPermit } from "../../../durable-objects/agent-hub/request-permits.ts";

describe("permits for requests to Discord", () => {
  it("let a few go at once", () => {
    let state = 0;
    for (let n = 0; n < 5; n++) {
      const permit = grantPermit(state, 1_000, 60_000);
      expect(permit.waitMs).toBe(0);
      state = permit.state;
    }
    expect(grantPermit(state, 1_000, 60_000).waitMs).toBeGreaterThan(0);
  });

  it("are not given to who cannot wait so long", () => {
    let state = 0;
    for (let n = 0; n < 50; n++) ({ state } = grantPermit(state, 1_000, 60_000));
    const refused = grantPermit(state, 1_000, 100);
    expect(refused.waitMs).toBeGreaterThan(100);
    expect(refused.state).toBe(state);
  });

  it("never let more than 50 go in any second, however they are asked for", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 60, maxLength: 300 }), (pauses) => {
        let [state, now] = [0, 1_000_000];
        const times = pauses.map((pause) => {
          now += pause;
          const permit = grantPermit(state, now, 60_000);
          state = permit.state;
          return now + permit.waitMs;
        });
        for (const [n, time] of times.entries()) {
          const second = times.slice(n).filter((later) => later < time + 1_000);
          expect(second.length).toBeLessThanOrEqual(50);
        }
      }),
    );
  });
});
