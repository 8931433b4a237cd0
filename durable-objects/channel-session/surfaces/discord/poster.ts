/** Does what the posting plan says, one request at a time, and keeps the record that makes a repetition harmless. */

import { controlIds } from "../../../../shared/discord/components.ts";
import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { PostAction } from "../../../../shared/discord/posting-plan.ts";
import type { PostStore } from "./post-store.ts";
import type { Effort } from "./venue.ts";
import { isUnknownMessage, type Venue } from "./venue.ts";

/** Posts of one turn. */
export interface PosterOptions {
  posts: PostStore;
  turnId: string;
  now: () => number;
}

export class Poster {
  readonly #options: PosterOptions;

  constructor(options: PosterOptions) {
    this.#options = options;
  }

  /**
   * @returns `lost`: somebody has deleted the message that was to be changed.
   * @throws DiscordError
   */
  async do(
    action: Exclude<PostAction, { do: "nothing" }>,
    venue: Venue,
    effort: Effort,
  ): Promise<"done" | "lost"> {
    switch (action.do) {
      case "create":
        await this.#create(action, venue, effort);
        return "done";
      case "edit":
        return this.#edit(action, venue, effort);
      case "delete":
        await this.#delete(action, venue, effort);
        return "done";
      default:
        return action satisfies never;
    }
  }

  async #create(action: Extract<PostAction, { do: "create" }>, venue: Venue, effort: Effort): Promise<void> {
    const { posts, turnId, now } = this.#options;
    const { part, content, controls } = action;
    const earlier = posts.find({ turnId, part });
    if (earlier && venue.mustBeFound(earlier, now())) {
      const found = await venue.find(earlier, effort);
      if (found) return posts.adopt(earlier, found);
      posts.beginAgain(earlier, now());
    }
    const { channelId, place } = venue;
    const shown = { content, controls: controlIds(controls) };
    posts.beginCreate({ turnId, part, channelId, place, ...shown }, now());
    const { take, attemptedAt } = earlier ?? { take: 0, attemptedAt: now() };
    try {
      const made = await venue.create({ ...action, turnId, take, attemptedAt }, effort);
      // The message that was there already says what it was given then.
      posts.adopt({ turnId, part }, made, earlier ? {} : shown);
    } catch (error) {
      if (error instanceof DiscordError && isFinal(error)) posts.remove(turnId, part);
      throw error;
    }
  }

  async #edit(
    action: Extract<PostAction, { do: "edit" }>,
    venue: Venue,
    effort: Effort,
  ): Promise<"done" | "lost"> {
    const { posts, turnId, now } = this.#options;
    const { part, messageId, content, controls, file } = action;
    const earlier = posts.find({ turnId, part });
    const shown = { content, controls: controlIds(controls) };
    posts.beginEdit(turnId, part, shown);
    try {
      await venue.edit(messageId, action, effort);
      posts.confirm(turnId, part, {
        messageId,
        ...shown,
        hasFile: file !== undefined || earlier?.hasFile === true,
      });
      return "done";
    } catch (error) {
      if (!isUnknownMessage(error)) {
        // What Discord has refused does not stand there: what stood there before does.
        if (earlier && error instanceof DiscordError && isFinal(error)) posts.restore(earlier);
        throw error;
      }
      if (earlier) posts.lose(earlier, now());
      return "lost";
    }
  }

  async #delete(
    { part, messageId }: Extract<PostAction, { do: "delete" }>,
    venue: Venue,
    effort: Effort,
  ): Promise<void> {
    const { posts, turnId } = this.#options;
    try {
      await venue.delete(messageId, effort);
    } catch (error) {
      if (!isUnknownMessage(error)) throw error;
    }
    posts.remove(turnId, part);
  }
}
