import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { PostStore } from "./post-store.ts";
import type { PostRow } from "./schema.ts";
import type { Effort, Venue } from "./venue.ts";

/**
 * Takes away what can be pressed under messages that nobody brings on any more; their texts stay as they are. What Discord
 * refuses is past help.
 *
 * @throws DiscordError when it may be tried again.
 */
export async function barePosts(
  rows: readonly PostRow[],
  venueOf: (row: PostRow) => Venue | undefined,
  posts: PostStore,
  effort: Effort,
): Promise<void> {
  for (const row of rows) {
    if (row.messageId === null || row.controls.length === 0) continue;
    try {
      await venueOf(row)?.bare(row.messageId, effort);
      posts.bare(row);
    } catch (error) {
      if (!(error instanceof DiscordError) || !isFinal(error)) throw error;
    }
  }
}
