import { expect, it } from "vitest";
import { everyMinute } from "../../../cli/start/minute-trigger.ts";

const MINUTE = 60_000;

/** A clock that a test winds. */
function handClock(start: number) {
  let now = start;
  let next: { at: number; call: () => void } | undefined;
  return {
    now: () => now,
    after: (ms: number, call: () => void) => {
      next = { at: now + ms, call };
    },
    /** Lets the timer ring, so many milliseconds from when it should. */
    ring: (offMs = 0) => {
      const due = next;
      if (!due) throw new Error("no timer is set");
      now = due.at + offMs;
      due.call();
    },
  };
}

it("fires once at each full minute, with that minute, though timers ring early and late", () => {
  const clock = handClock(10 * MINUTE + 20_000);
  const fired: number[] = [];
  everyMinute((time) => fired.push(time / MINUTE), clock);
  clock.ring();
  clock.ring(-3);
  clock.ring();
  clock.ring(30_000);
  clock.ring();
  expect(fired).toEqual([11, 12, 13, 14]);
});

it("leaves out what the machine slept through", () => {
  const clock = handClock(10 * MINUTE);
  const fired: number[] = [];
  everyMinute((time) => fired.push(time / MINUTE), clock);
  clock.ring(600 * MINUTE);
  clock.ring();
  expect(fired).toEqual([611, 612]);
});
