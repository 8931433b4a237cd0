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

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("there is nothing to measure");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Values of both contenders that were measured in the same minutes. */
export interface Pair {
  product: readonly number[];
  bare: readonly number[];
}

/** A figure of the values, such as their {@link median}. */
export type Figure = (values: readonly number[]) => number;

/** How often the product's figure holds the bare one's, of each pair by itself, so that a slow minute counts for both; then the median of those. */
export function pairedRatio(pairs: readonly Pair[], figure: Figure): number {
  return median(pairs.map(({ product, bare }) => figure(product) / figure(bare)));
}

const SHARES = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** `p50 12.3 ms, p95 20.0 ms, p99 31.4 ms, n 2000`. */
export function percentiles(values: readonly number[]): string {
  const parts = Object.entries(SHARES).map(
    ([name, share]) => `${name} ${quantile(values, share).toFixed(1)} ms`,
  );
  return `${parts.join(", ")}, n ${values.length}`;
}

/** `p50 1.52, p95 1.75, p99 2.10`: {@link pairedRatio} of each. */
export function ratiosOfPercentiles(pairs: readonly Pair[]): string {
  return Object.entries(SHARES)
    .map(([name, share]) => `${name} ${pairedRatio(pairs, (values) => quantile(values, share)).toFixed(2)}`)
    .join(", ");
}
