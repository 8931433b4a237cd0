import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import { waysAround } from "../../../../shared/discord/other-ways.ts";
import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import type { Logger } from "../../../../shared/log.ts";
import { type Sleep, sleep } from "../../../../shared/time/sleep.ts";
import type { TurnState } from "../../engine/turn-state.ts";
import { barePosts } from "./bare-posts.ts";
import type { Display } from "./desired.ts";
import { LivePosting } from "./live-posting.ts";
import type { PlacedAction } from "./placement.ts";
import type { PostStore } from "./post-store.ts";
import type { PlacedAnswer, PostedSurface } from "./posted-surface.ts";
import { Poster } from "./poster.ts";
import type { PostRow } from "./schema.ts";
import { keepTyping } from "./typing.ts";
import type { Effort } from "./venue.ts";

/** How long a complete answer, or one that nobody works on, is tried before it is left to the watchdog, in milliseconds. */
const PATIENCE_MS = 25_000;
/** How long one live edit is tried, in milliseconds: the complete answer waits for it. */
const LIVE_MS = 5_000;
/** How long one typing indicator is tried, in milliseconds. */
const TYPING_MS = 2_000;
/** Messages of one answer that people may delete under the hands of the bot before it takes the hint. */
const MAX_LOST = 2;

/** What one answer needs. */
export interface AnswerOptions extends PlacedAnswer {
  turnId: string;
  surface: PostedSurface;
  posts: PostStore;
  /** The turn as it stands now. */
  state: () => TurnState | undefined;
  display: () => Pick<Display, "conversation" | "tools">;
  log: Logger;
  now: () => number;
  /** Resolves when nobody else is at the turn's posts any more. */
  after: Promise<unknown>;
}

/** How far one bringing goes. */
interface Bringing {
  /** Begins nothing once this has fired. */
  until?: AbortSignal;
  /** The turn is over: what somebody has deleted is left alone, and nothing is carried to where it never was. */
  isOver?: boolean;
  /** The answer still grows. */
  isLive?: boolean;
}

/**
 * The messages of one turn's answer. Live, complete or unattended, they are brought to what they should be by the same loop:
 * ask what should stand there, make the next request towards it, ask again.
 */
export class Answer {
  readonly #options: AnswerOptions;
  readonly #poster: Poster;
  readonly #over = new AbortController();
  readonly #live: LivePosting;
  /** Resolves when nothing of what is shown meanwhile is under way any more. */
  #meanwhile: Promise<unknown> = Promise.resolve();
  #files: Display["files"];
  #isHeldBack = false;
  /** What Discord is asked for at the moment. */
  #asked: PlacedAction | undefined;
  /** Parts whose message was made again, because it could not be changed. */
  readonly #replaced = new Set<number>();
  #postedAt = 0;

  constructor(options: AnswerOptions, wait: Sleep = sleep) {
    this.#options = options;
    this.#files = options.placement.isWithoutFiles ? "refused" : "allowed";
    this.#poster = new Poster(options);
    this.#live = new LivePosting({
      hasMore: () => this.#growth() !== undefined,
      show: () => this.#unlessFailed("live", () => this.#showLive()),
      sleep: wait,
      over: this.#over.signal,
    });
  }

  /** Shows the answer as it grows, until {@link end}. */
  grow(wait: Sleep = sleep): void {
    const { placement, now } = this.#options;
    const typing = placement.typingIn && {
      show: () => this.#unlessFailed("typing", () => this.#showTyping()),
      postedAt: () => this.#postedAt,
      now,
      sleep: wait,
      over: this.#over.signal,
    };
    // The thread is made while the model thinks: many conversations at once share the bot's requests per second.
    const arriving = this.#unlessFailed("thread", () => placement.prepare(this.#effort(LIVE_MS)));
    this.#meanwhile = Promise.all([arriving, typing && keepTyping(typing), this.#live.run()]);
  }

  /** There may be more to show. */
  changed(): void {
    this.#live.changed();
  }

  /** Shows nothing more of what is being written; resolves when nothing is under way. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#meanwhile;
  }

  /**
   * Posts the complete answer.
   *
   * @throws DiscordError when Discord does not take it; what is there already is known, so it can be tried again.
   */
  async deliver(turn: TurnState, text: string): Promise<void> {
    await this.end();
    const { surface } = this.#options;
    const complete = () => surface.complete(turn, text, this.#posted(), this.#display());
    await this.#bring(complete, this.#effort(PATIENCE_MS));
    this.#options.placement.delivered?.();
  }

  /**
   * Nothing stays to be pressed under what is left of an answer.
   *
   * @throws DiscordError when it may be tried again.
   */
  async bare(): Promise<void> {
    const { placement, posts } = this.#options;
    await barePosts(this.#posted(), (row) => placement.venueOf(row), posts, this.#effort(PATIENCE_MS));
  }

  /**
   * Posts what is to stand there while nobody works on the turn.
   *
   * @param isUnattended read before each request: somebody may have begun to work on it again.
   * @throws DiscordError as {@link deliver} does.
   */
  async settle(isUnattended: () => boolean, { isOver }: Pick<Bringing, "isOver">): Promise<void> {
    await this.end();
    const desired = () => (isUnattended() ? this.#desired() : undefined);
    await this.#bring(desired, this.#effort(PATIENCE_MS), { ...(isOver && { isOver }) });
  }

  /** Whether Discord has what should stand there, or as much of it as it can have. */
  get isShown(): boolean {
    const desired = this.#desired();
    return desired === undefined || this.#options.placement.isShown(desired);
  }

  #desired(): DesiredPosts | undefined {
    const { state, surface } = this.#options;
    const turn = state();
    return turn && surface.desired(turn, this.#posted(), this.#display());
  }

  #posted(): PostRow[] {
    const { posts, turnId } = this.#options;
    return posts.ofTurn(turnId);
  }

  #display(): Display {
    const { display, placement } = this.#options;
    const [files, isHeldBack] = [this.#files, this.#isHeldBack];
    return { ...display(), files, isHeldBack, remark: placement.remark() };
  }

  async #bring(
    desired: () => DesiredPosts | undefined,
    effort: Effort,
    bringing: Bringing = {},
  ): Promise<void> {
    for (;;) {
      try {
        return await this.#post(desired, effort, bringing);
      } catch (error) {
        if (!(error instanceof DiscordError) || !(await this.#hasOtherWay(error, effort, bringing)))
          throw error;
      }
    }
  }

  /** Takes the next way of saying what Discord did not take. Each is taken once, so this ends. */
  async #hasOtherWay(error: DiscordError, effort: Effort, { isOver, isLive }: Bringing): Promise<boolean> {
    const { placement, log } = this.#options;
    const action = this.#asked?.action;
    if (isOver || action?.do === "delete") return placement.hasOther(error, [], effort);
    const hasFile = action?.file !== undefined;
    const ways = waysAround(action?.do ?? "create", error, { reply: true, file: hasFile });
    if (ways.includes("without-file") && this.#files === "allowed") {
      log.log("warn", "discord.file_refused", { cause: error.message });
      this.#files = "refused";
      if (error.code === "forbidden") placement.withoutFiles?.(error);
      return true;
    }
    if (ways.includes("held-back") && !this.#isHeldBack) {
      // What grows may become something that nobody blocks.
      if (isLive) return false;
      log.log("warn", "discord.held_back", { cause: error.message });
      this.#isHeldBack = true;
      return true;
    }
    if (await placement.hasOther(error, ways, effort)) {
      // What one place refuses another may take.
      if (!placement.isWithoutFiles) this.#files = "allowed";
      return true;
    }
    return !isLive && ways.includes("anew") && this.#replace(effort);
  }

  /** What cannot be changed is taken away, and made again: once for each part. */
  async #replace(effort: Effort): Promise<boolean> {
    const { posts, now, turnId } = this.#options;
    if (!this.#asked) return false;
    const { action, venue } = this.#asked;
    const row = posts.find({ turnId, part: action.part });
    if (!row?.messageId || this.#replaced.has(row.part)) return false;
    this.#replaced.add(row.part);
    await barePosts([row], () => venue, posts, effort);
    await venue.delete(row.messageId, effort).catch((error: unknown) => {
      if (!(error instanceof DiscordError) || !isFinal(error)) throw error;
    });
    posts.lose(row, now());
    return true;
  }

  /** Posts until Discord has what is desired, or nothing is desired any more. */
  async #post(
    desired: () => DesiredPosts | undefined,
    effort: Effort,
    { until, isOver }: Bringing,
  ): Promise<void> {
    await this.#options.after;
    for (let lost = 0; !until?.aborted; ) {
      const wanted = desired();
      // A post on its way says as much as an indicator, and may be waiting for the same permits.
      this.#postedAt = this.#options.now();
      this.#asked = undefined;
      const placed = wanted && (await this.#options.placement.next(wanted, effort));
      this.#asked = placed;
      if (!placed || (isOver && isNotWorthIt(placed))) return;
      const outcome = await this.#poster.do(placed.action, placed.venue, effort);
      if (outcome === "done") continue;
      if (isOver) return;
      lost += 1;
      if (lost > MAX_LOST) {
        const detail = { method: "PATCH", route: "/channels/:id/messages/:id" };
        throw new DiscordError("not_found", "the answer's messages are deleted as they come", detail);
      }
    }
  }

  /** What more there is to show of a turn that is being worked on. */
  #growth(): DesiredPosts | undefined {
    return this.#options.state()?.phase === "running" ? this.#desired() : undefined;
  }

  async #showLive(): Promise<void> {
    const desired = this.#growth();
    // What is written meanwhile waits for the next showing.
    if (desired)
      await this.#bring(() => desired, this.#effort(LIVE_MS), { until: this.#over.signal, isLive: true });
  }

  async #showTyping(): Promise<void> {
    const channelId = await this.#options.placement.typingIn?.(this.#effort(LIVE_MS));
    if (channelId === undefined || this.#over.signal.aborted) return;
    const path = `/channels/${channelId}/typing`;
    await this.#options.rest.request({ method: "POST", path, ...this.#effort(TYPING_MS) });
  }

  #effort(patienceMs: number): Effort {
    return { deadline: this.#options.now() + patienceMs };
  }

  /** What is shown meanwhile never costs the answer. @returns whether it makes sense to go on. */
  async #unlessFailed(what: string, show: () => Promise<void>): Promise<boolean> {
    try {
      await show();
      return true;
    } catch (error) {
      const isHopeless = !(error instanceof DiscordError) || isFinal(error);
      const cause = error instanceof Error ? error.message : String(error);
      this.#options.log.log("warn", "discord.not_shown", { what, cause });
      return !isHopeless;
    }
  }
}

/** What was stopped elsewhere is not carried into a DM to say so. */
function isNotWorthIt({ action, venue }: PlacedAction): boolean {
  return venue.place === "dm" && action.do === "create";
}
