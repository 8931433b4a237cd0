import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  askForLease,
  LEASE_TTL_SECONDS,
  type Lease,
  NO_LEASE,
  releaseLease,
  renewLease,
} from "../../../durable-objects/gateway-link/lease.ts";
import { SIGNATURE_WINDOW_SECONDS } from "../../../shared/bridge/signature.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const TTL = LEASE_TTL_SECONDS * 1000;
const second = (now: number) => Math.floor(now / 1000);
const asking = (gateway: string, now: number) => ({ gateway, signedAt: second(now) });

/** The lease after `gateway` has got it at `now`. */
function heldBy(gateway: string, now: number, lease: Lease = NO_LEASE): Lease {
  const decision = askForLease(lease, asking(gateway, now), now);
  expect(decision.refusal).toBeNull();
  return decision.lease;
}

describe("a lease", () => {
  it("goes to who asks first, and the other is told whom to wait for, and how long", () => {
    const lease = heldBy("a", NOON);
    expect(lease).toMatchObject({ holder: "a", epoch: 1, expiresAt: NOON + TTL });
    const later = NOON + 3_500;
    const { refusal } = askForLease(lease, asking("b", later), later);
    expect(refusal).toEqual({ holder: "a", retryAfterSeconds: 7 });
  });

  it("stays with its holder, at the same epoch, as long as that asks", () => {
    let lease = heldBy("a", NOON);
    for (let now = NOON; now < NOON + 5 * TTL; now += TTL - 1_000) lease = heldBy("a", now, lease);
    const renewed = renewLease(lease, { ...asking("a", NOON + 6 * TTL), epoch: 1 }, NOON + 6 * TTL);
    expect(renewed).toMatchObject({ holder: "a", epoch: 1, expiresAt: NOON + 7 * TTL });
  });

  it("goes to the other when its holder is silent for its time, and fences the holder", () => {
    const now = NOON + TTL;
    const lease = heldBy("b", now, heldBy("a", NOON));
    expect(lease).toMatchObject({ holder: "b", epoch: 2 });
    expect(renewLease(lease, { ...asking("a", now + 1_000), epoch: 1 }, now + 1_000)).toBeNull();
    expect(releaseLease(lease, { ...asking("a", now + 1_000), epoch: 1 }, now + 1_000)).toBeNull();
  });

  it("goes to the other at once when it is released, and to the same gateway with a new epoch", () => {
    const released = releaseLease(heldBy("a", NOON), { ...asking("a", NOON), epoch: 1 }, NOON);
    expect(released).toMatchObject({ holder: null, epoch: 1 });
    expect(heldBy("b", NOON + 1, released ?? NO_LEASE)).toMatchObject({ holder: "b", epoch: 2 });
    expect(heldBy("a", NOON + 1_000, released ?? NO_LEASE)).toMatchObject({ holder: "a", epoch: 2 });
  });
});

describe("a request that is sent again by somebody else", () => {
  it("does not take a lease for a gateway that has released it", () => {
    const lease = heldBy("a", NOON);
    const released =
      releaseLease(lease, { ...asking("a", NOON + 1_000), epoch: 1 }, NOON + 1_000) ?? NO_LEASE;
    const replayed = askForLease(released, asking("a", NOON), NOON + 2_000);
    expect(replayed.refusal).toEqual({ holder: "a", retryAfterSeconds: 1 });
    expect(replayed.lease).toMatchObject({ holder: null, epoch: 1 });
  });

  it("does not prolong the lease of a gateway that has died", () => {
    const lease = heldBy("a", NOON);
    const replay = { ...asking("a", NOON), epoch: 1 };
    expect(renewLease(lease, replay, NOON + 9_000)).toMatchObject({ expiresAt: NOON + TTL });
    expect(askForLease(lease, replay, NOON + 9_000).lease).toMatchObject({ expiresAt: NOON + TTL });
    expect(askForLease(lease, replay, NOON + TTL + 1).lease).toMatchObject({ expiresAt: NOON + TTL });
  });

  it("is not told that it has the lease when that is over, whose it was or not", () => {
    const lease = heldBy("a", NOON);
    const { refusal } = askForLease(lease, asking("a", NOON), NOON + TTL);
    expect(refusal).toEqual({ holder: "a", retryAfterSeconds: 1 });
    // The gateway itself, if it lives, has it back at once.
    expect(heldBy("a", NOON + TTL + 1_000, lease)).toMatchObject({
      holder: "a",
      expiresAt: NOON + 2 * TTL + 1_000,
    });
  });

  it("takes no lease in the last second in which it is believed, whoever has asked since", () => {
    const released = releaseLease(heldBy("a", NOON), { ...asking("a", NOON), epoch: 1 }, NOON) ?? NO_LEASE;
    // Its timestamp has no fractions, so it is good to the end of that second.
    const last = NOON + (SIGNATURE_WINDOW_SECONDS + 1) * 1_000 - 1;
    const other = heldBy("b", last, released);
    const free = releaseLease(other, { ...asking("b", last), epoch: other.epoch }, last) ?? NO_LEASE;
    const replayed = askForLease(free, asking("a", NOON), last);
    expect(replayed.refusal).not.toBeNull();
    expect(replayed.lease).toMatchObject({ holder: null, epoch: other.epoch });
  });

  it("does not give the lease to a gateway that was refused it and is gone", () => {
    const refused = askForLease(heldBy("a", NOON), asking("b", NOON + 1_000), NOON + 1_000);
    const replayed = askForLease(refused.lease, asking("b", NOON + 1_000), NOON + 2 * TTL);
    expect(replayed.refusal).not.toBeNull();
    expect(replayed.lease.holder).toBe("a");
  });

  it("does not release a lease that was taken anew", () => {
    const release = { ...asking("a", NOON), epoch: 1 };
    const again = heldBy("a", NOON + 1_000, releaseLease(heldBy("a", NOON), release, NOON) ?? NO_LEASE);
    expect(releaseLease(again, release, NOON + 2_000)).toBeNull();
  });
});

describe("whatever gateways do", () => {
  const step = fc.record({
    gateway: fc.constantFrom("a", "b", "c"),
    act: fc.constantFrom("ask", "renew", "release", "replay", "crash"),
    waitMs: fc.integer({ min: 0, max: 15_000 }),
    /** Which of the recorded requests is sent again. */
    pick: fc.nat(),
  });
  const skews = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -299, max: 299 })));

  it("no epoch has two holders, none is lower than one before, and who holds one is never disturbed by a replay", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), skews, (steps, skew) => {
        let lease = NO_LEASE;
        let now = NOON;
        const holders = new Map<number, string>();
        const epochs: Record<string, number | undefined> = {};
        const recorded: { signedAt: number; send: (at: number) => Lease }[] = [];
        for (const { gateway, act, waitMs, pick } of steps) {
          now += waitMs;
          const signedAt = second(now) + (skew["abc".indexOf(gateway)] ?? 0);
          const epoch = epochs[gateway];
          const before = lease;
          const requests = {
            ask: (at: number) => askForLease(lease, { gateway, signedAt }, at).lease,
            renew: (at: number) => renewLease(lease, { gateway, signedAt, epoch: epoch ?? 0 }, at) ?? lease,
            release: (at: number) =>
              releaseLease(lease, { gateway, signedAt, epoch: epoch ?? 0 }, at) ?? lease,
          };
          if (act === "crash") epochs[gateway] = undefined;
          else if (act === "replay") {
            // What is older never gets through the door.
            const fresh = recorded.filter((request) => Math.abs(second(now) - request.signedAt) <= 300);
            const replayed = fresh[pick % Math.max(1, fresh.length)]?.send(now) ?? lease;
            expect(replayed.epoch).toBe(before.epoch);
            expect(replayed.expiresAt).toBeLessThanOrEqual(before.expiresAt);
            expect([before.holder, null]).toContain(replayed.holder);
            if (before.holder !== null && replayed.holder === null)
              expect.unreachable("a replay freed a lease");
            lease = replayed;
          } else {
            lease = requests[act](now);
            recorded.push({ signedAt, send: requests[act] });
            if (act === "ask" && lease.holder === gateway) epochs[gateway] = lease.epoch;
          }
          expect(lease.epoch).toBeGreaterThanOrEqual(before.epoch);
          if (lease.holder === null) continue;
          expect(holders.get(lease.epoch) ?? lease.holder).toBe(lease.holder);
          holders.set(lease.epoch, lease.holder);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("a gateway that keeps asking has the lease within its time to live after the holder has died", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), skews, (diesAfter, [skewA = 0, skewB = 0]) => {
        let lease = NO_LEASE;
        const dead = NOON + diesAfter;
        const ask = (gateway: string, skew: number, now: number) => {
          lease = askForLease(lease, { gateway, signedAt: second(now) + skew }, now).lease;
        };
        for (let now = NOON; now <= dead + TTL + 1_000; now += 1_000) {
          if (now <= dead) ask("a", skewA, now);
          ask("b", skewB, now);
        }
        expect(lease.holder).toBe("b");
      }),
    );
  });
});
