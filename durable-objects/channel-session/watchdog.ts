/** When the watchdog rings. Each ring is a request and a row that is written, so it rings often only where somebody waits. */

/**
 * How far ahead of an instance that works on a turn the alarm stands, in milliseconds: so soon after its death the next one
 * goes on, though nobody calls. People wait for no more than a restart of the Worker and three seconds.
 */
const WATCH_MS = 2_000;
/** The shortest and the longest pause between two tries at what keeps failing, in milliseconds. */
const MIN_PAUSE_MS = 3_000;
const MAX_PAUSE_MS = 30_000;
/** A turn that was interrupted this often may be what kills its instances, and is no longer taken up at once. */
const PATIENT_INTERRUPTIONS = 5;

/** @param interruptions how often the turn was taken up again. @returns milliseconds until its watchdog rings. */
export function watchAfter(interruptions: number): number {
  return doubled(WATCH_MS, interruptions - PATIENT_INTERRUPTIONS);
}

/**
 * @param interruptions as {@link watchAfter} has it; it is stored, so the pause grows over restarts too.
 * @returns milliseconds until a turn that broke is tried again.
 */
export function tryAgainAfter(interruptions: number): number {
  return doubled(MIN_PAUSE_MS, interruptions);
}

/**
 * @param waited milliseconds since the first ring for what is left to do where nobody works on a turn.
 * @returns milliseconds until that is tried again: as long again as it has waited, which doubles.
 */
export function lookAgainAfter(waited: number): number {
  return Math.min(Math.max(waited, MIN_PAUSE_MS), MAX_PAUSE_MS);
}

function doubled(ms: number, times: number): number {
  return Math.min(ms * 2 ** Math.max(times, 0), MAX_PAUSE_MS);
}

/** How often what else fails is tried again while a turn is worked on, in milliseconds. */
export const BESIDE_TURN_MS = MAX_PAUSE_MS;
