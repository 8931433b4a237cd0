/** When a schedule is due, found by looking at every minute's wall clock: an oracle that shares nothing with the product. */

/** Hours and minutes at which something is due on chosen days, or every so many minutes. */
export type Plan =
  | { kind: "every"; minutes: number }
  | { kind: "daily"; hour: number; minute: number; isDue: (weekday: string) => boolean };

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Every zone changes its offset at a multiple of this. */
const STEP = 15 * MINUTE;

/** Times from `start` (included) to `end` (excluded), Unix milliseconds, at which the plan is due in a zone. */
export function dueTimes(plan: Plan, timeZone: string, start: number, end: number): number[] {
  const due: number[] = [];
  const done = new Set<string>();
  let first = "";
  // A day is judged as a whole, so the first one looked at, of which a part may be missing, is not `start`'s.
  for (let quarter = start - 2 * DAY; quarter < end; quarter += STEP) {
    const { day, weekday, minuteOfDay } = wallClock(timeZone, quarter);
    first ||= day;
    for (let minute = 0; minute < 15; minute++) {
      const at = quarter + minute * MINUTE;
      const local = minuteOfDay + minute;
      if (plan.kind === "every") {
        if ((local % 60) % plan.minutes === 0) due.push(at);
        continue;
      }
      const wanted = plan.hour * 60 + plan.minute;
      // The first minute at or after the wanted one: a gap is left behind at once, and a repeated hour finds it done.
      if (local < wanted || day === first || done.has(day)) continue;
      done.add(day);
      if (plan.isDue(weekday)) due.push(at);
    }
  }
  return due.filter((at) => at >= start);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallClock(timeZone: string, at: number) {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat("en-US", {
      ...{ timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit", weekday: "short" },
    });
  formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: `${parts.year}-${parts.month}-${parts.day}`,
    weekday: parts.weekday ?? "",
    minuteOfDay: Number(parts.hour) * 60 + Number(parts.minute),
  };
}
