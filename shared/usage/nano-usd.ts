/**
 * Money as whole nano-dollars (a billionth of a US dollar). Every list price of a single token is a whole number of them,
 * so sums are exact, up to nine million dollars.
 */
const NANO = 1_000_000_000;

/** Rounded to the nearest nano-dollar. */
export function toNanoUsd(usd: number): number {
  return Math.round(usd * NANO);
}

export function fromNanoUsd(nanoUsd: number): number {
  return nanoUsd / NANO;
}
