/**
 * Storms: tests that are the better the longer they last, such as floods, years of ticks, and deaths at each of many
 * places. `npm test` runs a small one of each, `npm run test:storms` all of them at their full size.
 */
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Whether this is `npm run test:storms` (vitest.config.ts). */
    isStorm: boolean;
  }
}

/** Options of a test that is a storm: what `npm run test:storms` finds it by. */
export const STORM: { tags: string[] } = { tags: ["storm"] };

/** How large a storm is. */
export function sizeOf(storm: { full: number; small: number }): number {
  return inject("isStorm") ? storm.full : storm.small;
}

/** Which of many places a storm strikes: all of them, or one in `small.every`, from the index `small.from` on. */
export function placesOf<T>(places: readonly T[], small: { every: number; from: number }): T[] {
  return inject("isStorm") ? [...places] : places.filter((_, n) => n % small.every === small.from);
}
