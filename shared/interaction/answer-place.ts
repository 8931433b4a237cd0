/**
 * Where each part of an answer to an interaction belongs, from the clock and from what was posted. While the interaction's
 * token lives, parts go by the token; after it, they go on as the bot's messages: in the channel, or in a DM where nobody
 * else may read them. Like the posting plan it looks at states only, so asking again goes on right after whatever was lost.
 */
import { type DesiredPosts, nextPost, type Post, type PostAction } from "../discord/posting-plan.ts";
import { MAX_CONTENT } from "../discord/split.ts";

/** By what a message was made: the interaction's token, the bot in a channel, or the bot in a DM with the user. */
export type VenueKind = "token" | "channel" | "dm";

/** A message of an answer, and where it is. */
export interface VenuePost extends Post {
  place: VenueKind;
}

/** How long an interaction's token opens its answer, in milliseconds (Discord, "Receiving and Responding"). */
export const TOKEN_LIFE_MS = 15 * 60_000;
/** No request is begun by a token in its last minute, so that each is over before the token is. */
const SWITCH_BEFORE_END_MS = 60_000;
/** An answer that shows nothing by then says that it will come otherwise. The watchdog has a minute to see to it. */
const REMARK_BEFORE_END_MS = 120_000;
/** How long the deferral may take to reach Discord, in milliseconds. */
const DEFERRAL_MS = 10_000;

/** Stands at the beginning of what comes in a DM. */
const WHY_DM = "-# Discord takes no more of this answer where you asked, so it goes on here.";

const REMARKS = {
  public: "-# This takes longer than Discord lets me answer here. The answer will come as a message.",
  private: "-# This takes longer than Discord lets me answer here. The answer will come as a direct message.",
} as const;

/** From when on nothing is begun by a token that ends at `expiresAt`; both in Unix milliseconds. */
export function switchAt(expiresAt: number): number {
  return expiresAt - SWITCH_BEFORE_END_MS;
}

/** Until when a token that Discord does not know may belong to a deferral on its way, in Unix milliseconds. */
export function deferredBy(expiresAt: number): number {
  return expiresAt - TOKEN_LIFE_MS + DEFERRAL_MS;
}

/** What the deferral shows from now on where there is nothing else to show; `null`: nothing yet, or no more. */
export function remarkAt(
  now: number,
  { expiresAt, isPrivate }: { expiresAt: number; isPrivate: boolean },
): string | null {
  if (now < expiresAt - REMARK_BEFORE_END_MS || now >= switchAt(expiresAt)) return null;
  return isPrivate ? REMARKS.private : REMARKS.public;
}

/** What decides about the place of the next request. */
export interface VenueSituation {
  /** Unix milliseconds. */
  now: number;
  expiresAt: number;
  isPrivate: boolean;
  /** The interaction has a channel, and the bot was not turned away there. */
  hasChannel: boolean;
  /** Discord does not take the token although its time is not over. */
  isTokenRefused: boolean;
}

/** Where the answer goes on now. It never goes back to where it was before. */
export function venueKindOf(
  posted: readonly Pick<VenuePost, "place">[],
  situation: VenueSituation,
): VenueKind {
  const { now, expiresAt, isPrivate, hasChannel, isTokenRefused } = situation;
  if (posted.some(({ place }) => place === "dm")) return "dm";
  const hasLeft = posted.some(({ place }) => place === "channel");
  if (!hasLeft && !isTokenRefused && now < switchAt(expiresAt)) return "token";
  return isPrivate || !hasChannel ? "dm" : "channel";
}

/**
 * The next request in a place. In a channel the bot edits what the token has made, and leaves a remark as it is: what
 * it has announced is a message that one notices. In a DM stands what is not shown elsewhere as it has to be, for elsewhere
 * nothing can be changed any more.
 *
 * @param posted in the order of the answer.
 */
export function nextPostIn(
  place: VenueKind,
  desired: DesiredPosts,
  posted: readonly VenuePost[],
): PostAction {
  switch (place) {
    case "token":
      return nextPost(desired, posted);
    case "channel":
      return nextPost(
        desired,
        posted.filter(({ content }) => content === null || !isRemark(content)),
      );
    case "dm":
      return nextInDm(desired, posted);
    default:
      return place satisfies never;
  }
}

/** The DM's messages are a list of its own: numbered from the part with which it began, whatever they show now. */
function nextInDm(desired: DesiredPosts, posted: readonly VenuePost[]): PostAction {
  const elsewhere = posted.filter(({ place }) => place !== "dm");
  const here = posted.filter(({ place }) => place === "dm");
  const from = firstUnshown(desired, elsewhere);
  const begun = here[0]?.part ?? from;
  const { file, ...rest } = desired;
  const parts = withReason(desired.parts.slice(from));
  const remaining = { ...rest, parts, ...(file && from === 0 && { file }) };
  const action = nextPost(
    remaining,
    here.map((post) => ({ ...post, part: post.part - begun })),
  );
  return action.do === "nothing" ? action : { ...action, part: action.part + begun };
}

/** A line saying why stands above the first part, or before it where there is no room. */
function withReason([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return [];
  const together = `${WHY_DM}\n${first}`;
  return together.length <= MAX_CONTENT ? [together, ...others] : [WHY_DM, first, ...others];
}

/** The first part that is not known to be there as it has to be. Controls do not count: nobody reads them twice. */
function firstUnshown({ parts, file }: DesiredPosts, posted: readonly Post[]): number {
  const from = parts.findIndex((content, part) => {
    const post = posted.find((candidate) => candidate.part === part);
    const lacksFile = part === 0 && file !== undefined && !post?.hasFile;
    return !post || post.messageId === null || post.content !== content || lacksFile;
  });
  return from === -1 ? parts.length : from;
}

/** What messages show of the answer itself: without the lines that are about its place. */
export function answerContents(contents: readonly string[]): string[] {
  return contents.flatMap((content) => {
    if (isRemark(content) || content === WHY_DM) return [];
    return [content.startsWith(`${WHY_DM}\n`) ? content.slice(WHY_DM.length + 1) : content];
  });
}

function isRemark(content: string): boolean {
  return content === REMARKS.public || content === REMARKS.private;
}
