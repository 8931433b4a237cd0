const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds of one unit: hours, days, weeks, months of 30 days, years of 365 days. */
const UNITS: Record<string, number> = { h: HOUR, d: DAY, w: 7 * DAY, m: 30 * DAY, y: 365 * DAY };

/**
 * Reads a retention of `character.json`.
 *
 * @param text `30d`, `12h`, `2w`, `6m`, `1y` or `indefinite`, as the character schema allows.
 * @returns milliseconds, or `null` for `indefinite`.
 * @throws RangeError for anything else.
 */
export function retentionMs(text: string): number | null {
  if (text === "indefinite") return null;
  const [, count, unit] = /^(\d+)([hdwmy])$/.exec(text) ?? [];
  const length = unit === undefined ? undefined : UNITS[unit];
  if (count === undefined || length === undefined) {
    throw new RangeError(`"${text}" is no retention: expected e.g. "30d", "1y" or "indefinite"`);
  }
  return Number(count) * length;
}

/**
 * What is older than this is no longer kept.
 *
 * @param text as {@link retentionMs} reads it.
 * @param now Unix milliseconds.
 * @returns Unix milliseconds; 0 when everything is kept.
 * @throws RangeError for a text that is no retention.
 */
export function retainedSince(text: string, now: number): number {
  const length = retentionMs(text);
  return length === null ? 0 : Math.max(0, now - length);
}
