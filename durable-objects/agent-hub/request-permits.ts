/**
 * Requests to Discord that all objects of one agent make together. Discord allows a bot 50 in a second
 * (https://docs.discord.com/developers/topics/rate-limits#global-rate-limit); this stays below, also in the worst second.
 */

/** Requests a second in the long run. */
const PER_SECOND = 45;
/** Requests that may come at once after a pause. */
const AT_ONCE = 5;
const INTERVAL_MS = 1_000 / PER_SECOND;

/** What is remembered between two permits: Unix milliseconds at which all that was granted would be used up. */
export type PermitState = number;

/**
 * Grants one request (generic cell rate algorithm). Whoever asks has its place, so nobody has to ask twice.
 *
 * @param state 0 at first.
 * @param withinMs where the wait would be longer, nothing is granted.
 * @returns how many milliseconds to wait before making the request.
 */
export function grantPermit(
  state: PermitState,
  now: number,
  withinMs: number,
): { state: PermitState; waitMs: number } {
  const usedUpAt = Math.max(state, now) + INTERVAL_MS;
  const waitMs = Math.max(0, Math.ceil(usedUpAt - now - AT_ONCE * INTERVAL_MS));
  return { state: waitMs > withinMs ? state : usedUpAt, waitMs };
}
