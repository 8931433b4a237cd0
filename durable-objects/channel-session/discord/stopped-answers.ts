import { stoppedPosts } from "../../../shared/discord/answer-posts.ts";
import { DiscordError, isFinal } from "../../../shared/discord/errors.ts";
import { answerContents } from "../../../shared/interaction/answer-place.ts";
import type { Logger } from "../../../shared/log.ts";
import type { PlacedAction, Placement } from "./placement.ts";
import type { PostStore } from "./post-store.ts";
import { Poster } from "./poster.ts";

/** How long one mark is tried, in milliseconds; the watchdog tries again. */
const PATIENCE_MS = 25_000;

/** What {@link markStopped} needs. */
export interface StopMark {
  placement: Placement;
  posts: PostStore;
  log: Logger;
  now: () => number;
}

/** Marks what was shown of an answer that was stopped, so that nobody waits for the rest. */
export async function markStopped(turnId: string, { placement, posts, log, now }: StopMark): Promise<void> {
  const poster = new Poster({ posts, turnId, now });
  const effort = { deadline: now() + PATIENCE_MS };
  const shown = answerContents(posts.ofTurn(turnId).map(({ content }) => content));
  const desired = stoppedPosts(shown.length > 0 ? shown : [""]);
  try {
    for (;;) {
      const placed = await placement.next(desired, effort);
      if (!placed || isNotWorthIt(placed)) break;
      // A message that somebody has deleted needs no mark.
      if ((await poster.do(placed.action, placed.venue, effort)) === "lost") break;
    }
  } catch (error) {
    const isHopeless = error instanceof DiscordError && isFinal(error);
    log.log("warn", "discord.stop_not_shown", { turn: turnId, cause: String(error) });
    if (!isHopeless) return;
  }
  posts.markStopped(turnId);
}

/** What was stopped elsewhere is not carried into a DM to say so. */
function isNotWorthIt({ action, venue }: PlacedAction): boolean {
  return venue.place === "dm" && action.do === "create";
}
