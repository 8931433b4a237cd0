/** Days and months in UTC: the periods that spending is counted by. */

/** Milliseconds of a day; UTC knows no longer or shorter ones. */
export const DAY_MS = 86_400_000;

/** `2026-11-21`. @param at Unix milliseconds. */
export function utcDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `2026-11`; every {@link utcDay} of the month begins with it. @param at Unix milliseconds. */
export function utcMonth(at: number): string {
  return utcDay(at).slice(0, 7);
}

/** When the next day begins, in Unix milliseconds. */
export function nextUtcDay(at: number): number {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS;
}

/** When the next month begins, in Unix milliseconds. */
export function nextUtcMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
