/** The middle value; of an even count, the lower of the two. @throws RangeError for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least `share` (0 to 1) of the values do not exceed. @throws RangeError for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("there is nothing to measure");
  return value;
}
