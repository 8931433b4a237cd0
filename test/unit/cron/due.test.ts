import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, type ScheduledJob } from "../../../shared/cron/due.ts";
import { lastTime, nextTime } from "../../../shared/cron/schedule.ts";
import { STORM, sizeOf } from "../../support/storm.ts";
import { dueTimes, type Plan } from "./wall-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A year, or the five weeks of it in which America's clocks change and then Europe's. */
const DAYS = sizeOf({ full: 365, small: 35 });
const start = Date.parse(DAYS === 365 ? "2026-01-01T00:00:00Z" : "2026-03-01T00:00:00Z");
const PERIOD = { start, end: start + DAYS * DAY };

function job(fields: Partial<ScheduledJob>): ScheduledJob {
  return { schedule: "* * * * *", timezone: "UTC", concurrencyPolicy: "Forbid", suspend: false, ...fields };
}

const isWorkday = (weekday: string) => !["Sat", "Sun"].includes(weekday);
const nineOnWorkdays: Plan = { kind: "daily", hour: 9, minute: 0, isDue: isWorkday };
const halfPastTwo: Plan = { kind: "daily", hour: 2, minute: 30, isDue: () => true };
const everyFive: Plan = { kind: "every", minutes: 5 };

const calendars: [schedule: string, timezone: string, plan: Plan][] = [
  ["*/5 * * * *", "UTC", everyFive],
  ["0 9 * * 1-5", "America/New_York", nineOnWorkdays],
  ["0 9 * * 1-5", "Europe/Oslo", nineOnWorkdays],
  ["30 2 * * *", "America/New_York", halfPastTwo],
  ["30 2 * * *", "Europe/Oslo", halfPastTwo],
];

/** A tick as it is delivered: the minute it stands for, and when it comes. */
interface Delivery {
  tick: number;
  now: number;
}

/** What the job does with deliveries, in their order, each run being over before the next tick. */
function runsOf(timed: ScheduledJob, deliveries: readonly Delivery[], since: number): number[] {
  const runs: number[] = [];
  let decided = since;
  for (const { tick, now } of deliveries) {
    const decision = decide(timed, { since: decided, active: 0 }, tick, now);
    if (decision.do === "run" || decision.do === "skip") decided = decision.due;
    if (decision.do === "run") runs.push(decision.due);
  }
  return runs;
}

/** The same, told by the list of all times that are due. */
function expectedRuns(due: readonly number[], deliveries: readonly Delivery[], since: number): number[] {
  const runs: number[] = [];
  let decided = since;
  for (const { tick } of deliveries) {
    const last = lastUpTo(due, tick);
    if (last === undefined || last <= decided) continue;
    decided = last;
    runs.push(last);
  }
  return runs;
}

/** By halving, for the lists are long. */
function lastUpTo(sorted: readonly number[], limit: number): number | undefined {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((sorted[middle] ?? 0) <= limit) from = middle + 1;
    else to = middle;
  }
  return sorted[from - 1];
}

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A long time of a bad trigger: away for hours, and otherwise missed, doubled, late or overtaken. The minutes of `near` are all
 * considered, of the others one in a hundred.
 */
function badTrigger(near: ReadonlySet<number>, random: () => number): Delivery[] {
  const deliveries: Delivery[] = [];
  let awayUntil = 0;
  for (let tick = PERIOD.start; tick < PERIOD.end; tick += MINUTE) {
    if (tick >= awayUntil && random() < 1 / (24 * 60)) awayUntil = tick + random() * 36 * HOUR;
    const isConsidered = near.has(tick) || random() < 0.01;
    if (tick < awayUntil || !isConsidered || random() < 0.1) continue;
    const late = random() < 0.1 ? Math.floor(random() * 10 * MINUTE) : Math.floor(random() * 2_000);
    deliveries.push({ tick, now: tick + late });
    if (random() < 0.1) deliveries.push({ tick, now: tick + late + random() * 5 * MINUTE });
  }
  return deliveries.sort((a, b) => a.now - b.now);
}

describe(`${DAYS} days of a schedule`, { ...STORM, timeout: 60_000 }, () => {
  it.each(calendars)("%s in %s is due when the wall clock says so", (schedule, timezone, plan) => {
    const due = dueTimes(plan, timezone, PERIOD.start, PERIOD.end);
    expect(due.length / DAYS).toBeGreaterThan(250 / 365);
    const timed = { schedule, timezone };
    // Of the many, those of the weeks in which clocks change; of the few, all.
    const isChecked = (at: number) =>
      due.length < 1_000 || /-(03-(0[6-9]|2[6-9])|10-2[3-6]|11-01)T/.test(iso(at));
    for (const [index, at] of due.entries()) {
      if (!isChecked(at)) continue;
      const next = due[index + 1];
      if (next !== undefined) expect(iso(nextTime(timed, at) ?? 0)).toBe(iso(next));
      expect(iso(lastTime(timed, at) ?? 0)).toBe(iso(at));
      if (index > 0) expect(lastTime(timed, at - 1)).toBe(due[index - 1]);
    }
  });

  it.each(calendars)("%s in %s runs once at each time when every tick comes", (schedule, timezone, plan) => {
    const due = dueTimes(plan, timezone, PERIOD.start, PERIOD.end);
    const onTime = due.map((tick) => ({ tick, now: tick + 700 }));
    const sample = due.length > 1_000 ? onTime.slice(0, 300) : onTime;
    const runs = runsOf(job({ schedule, timezone }), sample, PERIOD.start - 1);
    expect(runs).toEqual(sample.map(({ tick }) => tick));
  });

  it.each(calendars)("%s in %s makes exactly the right runs of a bad trigger", (schedule, timezone, plan) => {
    const due = dueTimes(plan, timezone, PERIOD.start, PERIOD.end);
    const near = new Set(
      plan.kind === "every"
        ? due.filter((at, index) => /-(03|10|11)-/.test(iso(at)) || index % 6 === 0)
        : due.flatMap((at) => [at, at + MINUTE, at + 2 * MINUTE]),
    );
    const deliveries = badTrigger(near, randomFrom(due.length));
    const since = PERIOD.start - 1;
    const runs = runsOf(job({ schedule, timezone }), deliveries, since);
    expect(runs.length / DAYS).toBeGreaterThan(100 / 365);
    expect(runs.map(iso)).toEqual(expectedRuns(due, deliveries, since).map(iso));
    expect(new Set(runs).size).toBe(runs.length);
  });
});

describe("clocks that change", () => {
  const around = (schedule: string, timezone: string, from: string, count: number) => {
    const times: string[] = [];
    for (let at = Date.parse(from); times.length < count; ) {
      at = nextTime({ schedule, timezone }, at) ?? Number.NaN;
      times.push(iso(at));
    }
    return times;
  };

  it("run a time that is skipped once, when the gap is over", () => {
    expect(around("30 2 * * *", "Europe/Oslo", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
    expect(around("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2)).toEqual([
      "2026-03-08T07:00:00.000Z",
      "2026-03-09T06:30:00.000Z",
    ]);
  });

  it("run a time that comes twice once, the first time", () => {
    expect(around("30 2 * * *", "Europe/Oslo", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
    expect(around("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2)).toEqual([
      "2026-11-01T05:30:00.000Z",
      "2026-11-02T06:30:00.000Z",
    ]);
  });

  it("do not stop what runs every few minutes", () => {
    for (const timezone of ["Europe/Oslo", "America/New_York"]) {
      for (const day of ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"]) {
        const start = Date.parse(`${day}T00:00:00Z`);
        const due = dueTimes(everyFive, timezone, start, start + DAY);
        expect(due).toHaveLength(288);
        expect(around("*/5 * * * *", timezone, iso(start - 1), 288)).toEqual(due.map(iso));
      }
    }
  });
});

describe("ticks in any order", () => {
  it("never run a time twice, nor one that is not due, nor one from before", () => {
    const start = Date.parse("2026-03-28T00:00:00Z");
    const minute = fc.integer({ min: 0, max: 3 * 24 * 60 });
    fc.assert(
      fc.property(
        fc.constantFrom(...calendars),
        fc.array(minute, { maxLength: 60 }),
        minute,
        (calendar, ticks, first) => {
          const [schedule, timezone, plan] = calendar;
          const since = start + first * MINUTE;
          const due = dueTimes(plan, timezone, start - 7 * DAY, start + 4 * DAY);
          const deliveries = ticks.map((tick) => ({ tick: start + tick * MINUTE, now: start + 10 * DAY }));
          const runs = runsOf(job({ schedule, timezone }), deliveries, since);
          expect(runs).toEqual([...new Set(runs)].sort((a, b) => a - b));
          for (const run of runs) {
            expect(run).toBeGreaterThan(since);
            expect(due).toContain(run);
          }
          const latest = Math.max(...deliveries.map(({ tick }) => tick));
          const last = lastUpTo(due, latest);
          if (last !== undefined && last > since) expect(runs.at(-1)).toBe(last);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a run that is due", () => {
  const due = Date.parse("2026-05-05T09:00:00Z");
  const before = { since: due - DAY, active: 0 };
  const daily = (fields: Partial<ScheduledJob> = {}) => job({ schedule: "0 9 * * *", ...fields });

  it("is made up for within the deadline, and skipped after it, once", () => {
    const timed = daily({ startingDeadlineSeconds: 600 });
    expect(decide(timed, before, due + 10 * MINUTE, due + 10 * MINUTE)).toEqual({
      do: "run",
      due,
      replace: false,
    });
    const late = due + 10 * MINUTE + 1;
    expect(decide(timed, before, due + 10 * MINUTE, late)).toEqual({ do: "skip", due, lateMs: late - due });
    expect(decide(timed, { since: due, active: 0 }, late, late)).toEqual({ do: "nothing" });
  });

  it("is made up for however late without a deadline, and only the last of many", () => {
    const month = due + 30 * DAY;
    expect(decide(daily(), before, month, month)).toEqual({ do: "run", due: month, replace: false });
  });

  it.each([
    ["Forbid", { do: "wait", due }],
    ["Allow", { do: "run", due, replace: false }],
    ["Replace", { do: "run", due, replace: true }],
  ] as const)("while the one before goes on: %s", (concurrencyPolicy, expected) => {
    expect(decide(daily({ concurrencyPolicy }), { ...before, active: 1 }, due, due)).toEqual(expected);
  });

  it("waits under Forbid no longer than the deadline", () => {
    const timed = daily({ startingDeadlineSeconds: 60 });
    const late = due + 2 * MINUTE;
    expect(decide(timed, { ...before, active: 1 }, late, late)).toMatchObject({ do: "skip" });
  });

  it("is not made while the job is suspended, and made up for afterwards", () => {
    expect(decide(daily({ suspend: true }), before, due, due)).toEqual({ do: "nothing" });
    expect(decide(daily(), before, due + HOUR, due + HOUR)).toEqual({ do: "run", due, replace: false });
  });
});

function iso(at: number): string {
  return new Date(at).toISOString();
}
