/** Reads cron schedules. The five fields, and what daylight saving time does to them, are croner's business. */
import { Cron } from "croner";

/** When a job runs. */
export interface Schedule {
  /** Five fields (minute, hour, day of month, month, day of week), or a name such as `@daily`. */
  schedule: string;
  /** IANA name. */
  timezone: string;
}

/** Names that Kubernetes knows too ("CronJob", schedule syntax). */
const NAMES = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/** What a person is told to write. */
export const scheduleExpectation =
  'a cron schedule of five fields, such as "*/5 * * * *" or "0 9 * * 1-5", or a name such as "@daily"';

/** What a person is told to write. */
export const timezoneExpectation = 'an IANA time zone, such as "UTC" or "Europe/Oslo"';

/** Whether the schedule can be read and has any time at all: 30 February has none. */
export function isSchedule(schedule: string): boolean {
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== 5 && !NAMES.includes(schedule)) return false;
  try {
    return read({ schedule, timezone: "UTC" }).nextRun() !== null;
  } catch {
    // croner's way of saying that it cannot read it.
    return false;
  }
}

/** Whether the platform knows the time zone. */
export function isTimezone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    return timezone !== "";
  } catch {
    return false;
  }
}

/** The first time after `after`, in Unix milliseconds; `undefined` when there is none. */
export function nextTime(schedule: Schedule, after: number): number | undefined {
  return read(schedule).nextRun(new Date(after))?.getTime();
}

/**
 * The last time up to `until`, itself included, in Unix milliseconds.
 *
 * A local time that daylight saving time skips is taken at the end of the gap; one that comes twice counts the first
 * time. Where minute or hour is a wildcard or a step (every five minutes), time goes on as if nothing had happened.
 */
export function lastTime(schedule: Schedule, until: number): number | undefined {
  return read(schedule)
    .previousRuns(1, new Date(until + 1))[0]
    ?.getTime();
}

function read({ schedule, timezone }: Schedule): Cron {
  return new Cron(schedule.trim(), { mode: "5-part", timezone, paused: true });
}
