import { livePosts, stoppedPosts } from "../../../../shared/discord/answer-posts.ts";
import { approvalPosts } from "../../../../shared/discord/approval-request.ts";
import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { DesiredPosts } from "../../../../shared/discord/posting-plan.ts";
import { toolLines } from "../../../../shared/discord/tool-lines.ts";
import { answerContents } from "../../../../shared/interaction/answer-place.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import { answerText } from "../../engine/next-action.ts";
import type { TurnRow } from "../../engine/schema.ts";
import type { SessionStore } from "../../engine/store.ts";
import { retryEventId } from "../../parts/presses/try-again.ts";
import type { DiscordAnswer } from "./discord-answer.ts";
import { pendingCalls, shownCalls } from "./journal-view.ts";
import { asksForApproval, isOutdated, isOver } from "./outdated-controls.ts";
import type { PlacedAction, Placement } from "./placement.ts";
import type { PostStore } from "./post-store.ts";
import { Poster } from "./poster.ts";
import type { PostRow } from "./schema.ts";

/** How long one answer is tried at a time, in milliseconds; the watchdog tries again. */
const PATIENCE_MS = 25_000;

/** What is read of the conversation. */
export type Turns = Pick<SessionStore, "turn" | "steps" | "message" | "messageOf" | "openTurn" | "waiting">;

/** What these answers need. */
export interface UnattendedOptions {
  conversation: string;
  posts: PostStore;
  turns: Turns;
  log: Logger;
  now: () => number;
  toolDisplay: () => Parameters<typeof toolLines>[1];
  /** `undefined`: it is not shown in Discord, or nothing can be posted. */
  placement: (turnId: string, target: ReplyTarget) => Placement | undefined;
  /** Whoever may still be showing a turn's answer is told to end; resolves when nothing is under way. */
  ended: (turnId: string) => Promise<void>;
  /** `undefined`: the turn is not answered by the bot. */
  answer: (turnId: string, event: InboundEvent) => DiscordAnswer | undefined;
}

/**
 * `ask`: people are asked for approval. `tidy`: the answer was stopped, or what stands under it leads nowhere any more.
 * `announce`: the answer has not begun, and will have to come otherwise than was promised.
 */
interface Leftover {
  turn: string;
  do: "ask" | "tidy" | "announce";
}

/**
 * Messages of answers that nobody works on. What they should be is a function of what is stored, so whoever comes after a
 * crash, or after Discord was away, goes on by asking again.
 */
export class UnattendedAnswers {
  readonly #options: UnattendedOptions;
  /** Turns of which Discord does not take what is to be said; the next instance tries once more. */
  readonly #refused = new Set<string>();
  #current: { turn: string; over: Promise<void> } | undefined;
  #isWorking = false;
  #mayHaveMore = false;

  constructor(options: UnattendedOptions) {
    this.#options = options;
  }

  /** Brings them to what they should be. What cannot be done now is left to the next call. */
  resume(): void {
    this.#mayHaveMore = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#work().catch((error: unknown) => {
      this.#options.log.log("error", "discord.not_tidied", { cause: String(error) });
    });
  }

  /** Whether one of them is not yet what it should be. */
  get isPending(): boolean {
    return this.#leftovers().length > 0;
  }

  /** Resolves when nothing of a turn's messages is under way here; nothing more begins once somebody works on it. */
  released(turn: string): Promise<void> {
    return this.#current?.turn === turn ? this.#current.over : Promise.resolve();
  }

  async #work(): Promise<void> {
    try {
      while (this.#mayHaveMore) {
        this.#mayHaveMore = false;
        for (const leftover of this.#leftovers()) {
          const over = this.#settle(leftover);
          this.#current = { turn: leftover.turn, over };
          await over;
        }
      }
    } finally {
      this.#current = undefined;
      this.#isWorking = false;
    }
  }

  #leftovers(): Leftover[] {
    const { posts, turns } = this.#options;
    const unsettled = Map.groupBy(posts.unsettled(), ({ turnId }) => turnId);
    const untidy = [...unsettled].filter(([turn, rows]) => this.#isUntidy(turn, rows));
    const parked = turns.openTurn();
    const isToBeAsked = parked !== undefined && this.#hasToAsk(parked.id);
    return [
      ...(isToBeAsked ? [{ turn: parked.id, do: "ask" } as const] : []),
      ...untidy.map(([turn]) => ({ turn, do: "tidy" }) as const),
      ...this.#unannounced().map((turn) => ({ turn, do: "announce" }) as const),
    ];
  }

  /** Messages that have waited so long that they cannot be answered as was promised. */
  #unannounced(): string[] {
    return this.#options.turns.waiting().flatMap(({ turnId, event }) => {
      if (event.target.kind !== "interaction" || this.#refused.has(turnId)) return [];
      const placement = this.#options.placement(turnId, event.target);
      const remark = placement?.remark();
      return remark && !placement?.isShown({ parts: [remark] }) ? [turnId] : [];
    });
  }

  #isUntidy(turnId: string, rows: readonly PostRow[]): boolean {
    const turn = this.#options.turns.turn(turnId);
    if (!this.#isOfBot(turnId)) return false;
    // It was stopped when the conversation was reset; or it has not begun, and nothing is to be tidied.
    if (!turn) return rows.some(({ stopping }) => stopping);
    if (!isOver(turn.state)) return false;
    const wasRetried = this.#options.turns.messageOf(retryEventId(turnId)) !== undefined;
    return rows.some(
      ({ stopping, confirmed, messageId, controls }) =>
        stopping ||
        (messageId !== null && !confirmed) ||
        controls.some((id) => isOutdated(id, { wasRetried })),
    );
  }

  #hasToAsk(turnId: string): boolean {
    if (this.#refused.has(turnId) || !this.#isOfBot(turnId)) return false;
    const request = this.#request(turnId);
    const placement = this.#placement(turnId);
    // Where nothing can be posted, that is found when it is tried.
    return request !== undefined && !placement?.isShown(request);
  }

  #isOfBot(turnId: string): boolean {
    const kind = this.#options.turns.message(turnId)?.event.target.kind;
    return kind === "discord" || kind === "interaction";
  }

  #placement(turnId: string): Placement | undefined {
    const target = this.#options.turns.message(turnId)?.event.target;
    return target && this.#options.placement(turnId, target);
  }

  async #settle(leftover: Leftover): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#options.ended(leftover.turn);
      await this.#do(leftover);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      const isHopeless = isFinal(error);
      const fields = { turn: leftover.turn, do: leftover.do, cause: error.message };
      log.log(isHopeless && leftover.do === "ask" ? "error" : "warn", "discord.not_settled", fields);
      if (isHopeless) this.#giveUp(leftover);
    }
  }

  #do({ turn, do: what }: Leftover): Promise<void> {
    switch (what) {
      case "ask":
        return this.#show(turn, () => this.#request(turn));
      case "announce":
        return this.#show(turn, () => this.#remark(turn));
      case "tidy":
        return this.#tidy(turn);
      default:
        return what satisfies never;
    }
  }

  #giveUp({ turn, do: what }: Leftover): void {
    if (what === "tidy") this.#settled(turn);
    else this.#refused.add(turn);
  }

  async #show(turnId: string, desired: () => DesiredPosts | undefined): Promise<void> {
    const event = this.#options.turns.message(turnId)?.event;
    const answer = event && this.#options.answer(turnId, event);
    if (answer) await answer.settle(desired);
    else {
      this.#refused.add(turnId);
      this.#options.log.log("error", "discord.not_asked", { turn: turnId });
    }
  }

  #remark(turnId: string): DesiredPosts | undefined {
    const isWaiting = this.#options.turns.message(turnId)?.status === "waiting";
    const remark = isWaiting && this.#placement(turnId)?.remark();
    return remark ? { parts: [remark] } : undefined;
  }

  /** What is to stand there while a turn waits for approval; `undefined` when it does not. */
  #request(turnId: string): DesiredPosts | undefined {
    const { turns, toolDisplay, conversation } = this.#options;
    if (turns.turn(turnId)?.state !== "parked") return undefined;
    const journal = turns.steps(turnId);
    const entries = journal.map(({ entry }) => entry);
    const others = shownCalls(entries).filter(({ state }) => state !== "pending");
    const answer = { above: toolLines(others, toolDisplay()), text: answerText(entries) };
    return approvalPosts(answer, pendingCalls(journal), { turn: turnId, conversation });
  }

  async #tidy(turnId: string): Promise<void> {
    const { posts, turns, now } = this.#options;
    const placement = this.#placement(turnId);
    const poster = new Poster({ posts, turnId, now });
    const effort = { deadline: now() + PATIENCE_MS };
    for (;;) {
      const rows = posts.ofTurn(turnId);
      if (!placement || rows.length === 0) break;
      const placed = await placement.next(this.#remains(turns.turn(turnId), rows), effort);
      if (!placed || isNotWorthIt(placed)) break;
      // A message that somebody has deleted needs no tidying.
      if ((await poster.do(placed.action, placed.venue, effort)) === "lost") break;
    }
    this.#settled(turnId);
  }

  #settled(turnId: string): void {
    const { posts, turns } = this.#options;
    if (turns.turn(turnId)) posts.settled(turnId);
    else posts.disown(turnId);
  }

  /** What is to stand there for good, with nothing to press. */
  #remains(turn: TurnRow | undefined, rows: readonly PostRow[]): DesiredPosts {
    const isStopped = !turn || turn.state === "cancelled";
    const parts =
      turn && rows.some(({ controls }) => asksForApproval(controls))
        ? this.#withoutRequest(turn)
        : // Of an answer that is complete nothing is missing, whatever else was sent before.
          answerContents(
            rows.filter(({ messageId }) => isStopped || messageId !== null).map(({ content }) => content),
          );
    // A deferral, or a remark in its place, was a promise.
    return isStopped ? stoppedPosts(parts.length > 0 ? parts : [""]) : { parts };
  }

  /** What there is of an answer that was asked about; of a quiet one what people have decided. */
  #withoutRequest({ id, state }: TurnRow): readonly string[] {
    const journal = this.#options.turns.steps(id).map(({ entry }) => entry);
    const above = toolLines(shownCalls(journal), this.#options.toolDisplay());
    return livePosts({ above, text: state === "done" ? "" : answerText(journal) }).parts;
  }
}

/** What was stopped elsewhere is not carried into a DM to say so. */
function isNotWorthIt({ action, venue }: PlacedAction): boolean {
  return venue.place === "dm" && action.do === "create";
}
