import { stoppedPosts } from "../../../shared/discord/answer-posts.ts";
import { DiscordError, isFinal } from "../../../shared/discord/errors.ts";
import { nextPost } from "../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../shared/discord/rest.ts";
import type { Logger } from "../../../shared/log.ts";
import { type PostStore, toPost } from "./post-store.ts";
import { Poster } from "./poster.ts";

/** How long one mark is tried, in milliseconds; the watchdog tries again. */
const PATIENCE_MS = 25_000;

/** Marks what was shown of an answer that was stopped, so that nobody waits for the rest. */
export async function markStopped(
  turnId: string,
  { rest, posts, log, now }: { rest: DiscordRest; posts: PostStore; log: Logger; now: () => number },
): Promise<void> {
  const poster = new Poster({ rest, posts, turnId, now });
  const effort = { deadline: now() + PATIENCE_MS };
  const rows = posts.ofTurn(turnId);
  const desired = stoppedPosts(rows.map(({ content }) => content));
  try {
    for (;;) {
      const current = posts.ofTurn(turnId);
      const action = nextPost(desired, current.map(toPost));
      const channelId = current[0]?.channelId;
      if (action.do === "nothing" || channelId === undefined) break;
      // A message that somebody has deleted needs no mark.
      if ((await poster.do(action, { channelId, replyTo: null }, effort)) === "lost") break;
    }
  } catch (error) {
    const isHopeless = error instanceof DiscordError && isFinal(error);
    log.log("warn", "discord.stop_not_shown", { turn: turnId, cause: String(error) });
    if (!isHopeless) return;
  }
  posts.markStopped(turnId);
}
