import { type AnswerParts, finalPosts, livePosts } from "../../../../shared/discord/answer-posts.ts";
import { controlIds } from "../../../../shared/discord/components.ts";
import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../../shared/discord/rest.ts";
import { answerContents } from "../../../../shared/interaction/answer-place.ts";
import type { Logger } from "../../../../shared/log.ts";
import { type Sleep, sleep } from "../../../../shared/time/sleep.ts";
import type { LiveAnswer } from "../../engine/run-turn.ts";
import type { Effort } from "../discord-channel/destination.ts";
import { LivePosting } from "./live-posting.ts";
import type { Placement } from "./placement.ts";
import type { PostStore } from "./post-store.ts";
import { Poster } from "./poster.ts";
import { keepTyping } from "./typing.ts";

/** How long a complete answer is tried before the turn is left to the watchdog, in milliseconds. */
const DELIVERY_MS = 25_000;
/** How long one live edit is tried, in milliseconds: the complete answer waits for it. */
const LIVE_MS = 5_000;
/** How long one typing indicator is tried, in milliseconds. */
const TYPING_MS = 2_000;
/** Messages of one answer that people may delete under the hands of the bot before it takes the hint. */
const MAX_LOST = 2;

/** An answer as it stands. */
export interface AnswerSource {
  /** While it is being written. */
  live(): Omit<AnswerParts, "notice">;
  /** When it is complete; the text comes from the outbox. */
  complete(): Omit<AnswerParts, "text">;
}

/** What one answer needs. */
export interface DiscordAnswerOptions {
  turnId: string;
  placement: Placement;
  rest: DiscordRest;
  posts: PostStore;
  source: AnswerSource;
  log: Logger;
  now: () => number;
  /** Nothing is shown before the answer is complete: it may be that there is none. */
  isSilent: boolean;
  /** Resolves when nobody else is at the turn's posts any more. */
  after: Promise<unknown>;
}

/** One turn's answer in Discord: a typing indicator, text that grows, and in the end the whole of it, for certain. */
export class DiscordAnswer {
  readonly #options: DiscordAnswerOptions;
  readonly #poster: Poster;
  readonly #over = new AbortController();
  readonly #live: LivePosting;
  /** Resolves when nothing of what is shown meanwhile is under way any more. */
  readonly #meanwhile: Promise<unknown>;
  #postedAt = 0;

  constructor(options: DiscordAnswerOptions, wait: Sleep = sleep) {
    this.#options = options;
    this.#poster = new Poster(options);
    const over = this.#over.signal;
    this.#live = new LivePosting({
      hasMore: () => this.#growth() !== undefined,
      show: () => this.#unlessFailed("live", () => this.#showLive()),
      sleep: wait,
      over,
    });
    this.#meanwhile = options.isSilent ? Promise.resolve() : this.#showMeanwhile(wait);
  }

  #showMeanwhile(wait: Sleep): Promise<unknown> {
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
    return Promise.all([arriving, typing && keepTyping(typing), this.#live.run()]);
  }

  /** There may be more to show. */
  changed(): void {
    this.#live.changed();
  }

  /** Passes on the text of a model call, and shows it here. */
  following(live: LiveAnswer): LiveAnswer {
    return {
      append: (text) => {
        live.append(text);
        this.changed();
      },
      restart: (notice) => live.restart(notice),
      clear: () => live.clear(),
    };
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
  async deliver(text: string): Promise<void> {
    await this.end();
    const answer = { ...this.#options.source.complete(), text };
    const effort = this.#effort(DELIVERY_MS);
    let desired = finalPosts(answer);
    for (;;) {
      try {
        return await this.#post(() => desired, effort);
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        if (error.code === "forbidden" && desired.file) {
          this.#options.log.log("warn", "discord.file_refused", { cause: error.message });
          desired = finalPosts(answer, "refused");
        } else if (await this.#options.placement.hasOther(error)) {
          desired = finalPosts(answer);
        } else throw error;
      }
    }
  }

  /**
   * Posts what is to stand there while nobody works on the turn.
   *
   * @param desired read before each request; `undefined`: somebody works on it again.
   * @throws DiscordError as {@link deliver} does.
   */
  async settle(desired: () => DesiredPosts | undefined): Promise<void> {
    await this.end();
    const effort = this.#effort(DELIVERY_MS);
    for (;;) {
      try {
        return await this.#post(desired, effort);
      } catch (error) {
        if (!(error instanceof DiscordError)) throw error;
        if (!(await this.#options.placement.hasOther(error))) throw error;
      }
    }
  }

  /** Posts until Discord has what is desired, nothing is desired any more, or `until` fires. */
  async #post(desired: () => DesiredPosts | undefined, effort: Effort, until?: AbortSignal): Promise<void> {
    await this.#options.after;
    for (let lost = 0; !until?.aborted; ) {
      const wanted = desired();
      // A post on its way says as much as an indicator, and may be waiting for the same permits.
      this.#postedAt = this.#options.now();
      const placed = wanted && (await this.#options.placement.next(wanted, effort));
      if (!placed) return;
      const outcome = await this.#poster.do(placed.action, placed.venue, effort);
      if (outcome !== "done") lost += 1;
      if (lost > MAX_LOST) {
        const detail = { method: "PATCH", route: "/channels/:id/messages/:id" };
        throw new DiscordError("not_found", "the answer's messages are deleted as they come", detail);
      }
    }
  }

  /**
   * Posts that show more than what is there; an answer that is written again waits until it is longer. Nothing waits where
   * something can be pressed that is over.
   */
  #growth(): DesiredPosts | undefined {
    const { source, posts, turnId, placement } = this.#options;
    const desired = livePosts(source.live());
    const rows = posts.ofTurn(turnId);
    if (desired.parts.length === 0 && !rows.some(({ confirmed }) => confirmed)) {
      const remark = placement.remark();
      return remark === null ? undefined : { parts: [remark] };
    }
    const posted = answerContents(rows.map(({ content }) => content));
    const offered = controlIds(desired.controls ?? []);
    const isOutdated = rows.some(({ controls }) => controls.some((id) => !offered.includes(id)));
    if (isOutdated && desired.parts.length > 0) return desired;
    const isShown = desired.parts.every((content, part) => posted[part] === content);
    const isShorter = lengthOf(desired.parts) < lengthOf(posted);
    return isShown || isShorter || desired.parts.length < posted.length ? undefined : desired;
  }

  async #showLive(): Promise<void> {
    const desired = this.#growth();
    if (!desired) return;
    try {
      await this.#post(() => desired, this.#effort(LIVE_MS), this.#over.signal);
    } catch (error) {
      if (!(error instanceof DiscordError) || !(await this.#options.placement.hasOther(error))) throw error;
    }
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

function lengthOf(parts: readonly string[]): number {
  return parts.reduce((length, part) => length + part.length, 0);
}
