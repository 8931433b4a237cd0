import type { DiscordError } from "../../../../shared/discord/errors.ts";
import type { Way } from "../../../../shared/discord/other-ways.ts";
import type { DesiredPosts, PostAction } from "../../../../shared/discord/posting-plan.ts";
import type { PostRow } from "./schema.ts";
import type { Effort, Venue } from "./venue.ts";

/** A request that brings Discord closer to an answer, and where it is made. */
export interface PlacedAction {
  action: Exclude<PostAction, { do: "nothing" }>;
  venue: Venue;
}

/** Knows where the messages of one answer belong, from what is posted of it; asked anew for each of them. */
export interface Placement {
  /** Whether Discord has what is desired, or as much of it as it can have. */
  isShown(desired: DesiredPosts): boolean;
  /** @returns `undefined` when Discord has what is desired. @throws DiscordError when there is no place for it. */
  next(desired: DesiredPosts, effort: Effort): Promise<PlacedAction | undefined>;
  /** By what a message of the answer is changed. */
  venueOf(row: PostRow): Venue | undefined;
  /** Does ahead of time what the first message would have to wait for. */
  prepare(effort: Effort): Promise<void>;
  /** The channel in which typing is shown; absent where Discord shows by itself that an answer will come. */
  typingIn?(effort: Effort): Promise<string>;
  /** What is to be shown now of an answer that has nothing to show yet, or `null`. */
  remark(): string | null;
  /**
   * Takes note of what went wrong.
   *
   * @param ways that are left of those which are about places and references.
   * @returns whether there is another way to try.
   */
  hasOther(error: DiscordError, ways: readonly Way[], effort: Effort): Promise<boolean>;
  /** Whether the bot is known to be unable to attach files there. */
  readonly isWithoutFiles?: boolean;
  /** The bot may not attach files there. */
  withoutFiles?(error: DiscordError): void;
  /** Discord has the complete answer. */
  delivered?(): void;
}
