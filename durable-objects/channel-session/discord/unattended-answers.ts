import { livePosts, stoppedPosts } from "../../../shared/discord/answer-posts.ts";
import { approvalPosts } from "../../../shared/discord/approval-request.ts";
import { DiscordError, isFinal } from "../../../shared/discord/errors.ts";
import { type DesiredPosts, nextPost } from "../../../shared/discord/posting-plan.ts";
import type { DiscordRest } from "../../../shared/discord/rest.ts";
import { toolLines } from "../../../shared/discord/tool-lines.ts";
import type { Logger } from "../../../shared/log.ts";
import type { InboundEvent } from "../../../shared/session/event.ts";
import { answerText } from "../next-action.ts";
import { retryEventId } from "../retry.ts";
import type { PostRow, TurnRow } from "../schema.ts";
import type { SessionStore } from "../store.ts";
import type { DiscordAnswer } from "./discord-answer.ts";
import { pendingCalls, shownCalls } from "./journal-view.ts";
import { asksForApproval, isOutdated, isOver } from "./outdated-controls.ts";
import { type PostStore, toPost } from "./post-store.ts";
import { Poster } from "./poster.ts";

/** How long one answer is tried at a time, in milliseconds; the watchdog tries again. */
const PATIENCE_MS = 25_000;

/** What is read of the conversation. */
export type Turns = Pick<SessionStore, "turn" | "steps" | "message" | "messageOf" | "openTurn">;

/** What these answers need. */
export interface UnattendedOptions {
  conversation: string;
  posts: PostStore;
  turns: Turns;
  log: Logger;
  now: () => number;
  toolDisplay: () => Parameters<typeof toolLines>[1];
  /** `undefined`: nothing can be posted. */
  rest: () => DiscordRest | undefined;
  /** Whoever may still be showing a turn's answer is told to end; resolves when nothing is under way. */
  ended: (turnId: string) => Promise<void>;
  /** `undefined`: the turn is not answered by the bot. */
  answer: (turnId: string, event: InboundEvent) => DiscordAnswer | undefined;
}

/** `ask`: people are asked for approval. `tidy`: the answer was stopped, or what stands under it leads nowhere any more. */
interface Leftover {
  turn: string;
  do: "ask" | "tidy";
}

/**
 * Messages of answers that nobody works on. What they should be is a function of what is stored, so whoever comes after a
 * crash, or after Discord was away, goes on by asking again.
 */
export class UnattendedAnswers {
  readonly #options: UnattendedOptions;
  /** Turns whose request for approval Discord does not take; the next instance tries once more. */
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
    ];
  }

  #isUntidy(turnId: string, rows: readonly PostRow[]): boolean {
    const turn = this.#options.turns.turn(turnId);
    if (!turn || !isOver(turn.state) || !this.#isOfBot(turnId)) return false;
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
    const posted = this.#options.posts.ofTurn(turnId).map(toPost);
    return request !== undefined && nextPost(request, posted).do !== "nothing";
  }

  #isOfBot(turnId: string): boolean {
    return this.#options.turns.message(turnId)?.event.target.kind === "discord";
  }

  async #settle(leftover: Leftover): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#options.ended(leftover.turn);
      if (leftover.do === "ask") await this.#ask(leftover.turn);
      else await this.#tidy(leftover.turn);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      const isHopeless = isFinal(error);
      const fields = { turn: leftover.turn, do: leftover.do, cause: error.message };
      log.log(isHopeless && leftover.do === "ask" ? "error" : "warn", "discord.not_settled", fields);
      if (isHopeless) this.#giveUp(leftover);
    }
  }

  #giveUp({ turn, do: what }: Leftover): void {
    if (what === "ask") this.#refused.add(turn);
    else this.#options.posts.settled(turn);
  }

  async #ask(turnId: string): Promise<void> {
    const event = this.#options.turns.message(turnId)?.event;
    const answer = event && this.#options.answer(turnId, event);
    if (answer) await answer.settle(() => this.#request(turnId));
    else {
      this.#refused.add(turnId);
      this.#options.log.log("error", "discord.not_asked", { turn: turnId });
    }
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
    const rest = this.#options.rest();
    const poster = rest && new Poster({ rest, posts, turnId, now });
    const effort = { deadline: now() + PATIENCE_MS };
    for (;;) {
      const rows = posts.ofTurn(turnId);
      const [first] = rows;
      const turn = turns.turn(turnId);
      if (!poster || !first || !turn) break;
      const action = nextPost(this.#remains(turn, rows), rows.map(toPost));
      if (action.do === "nothing") break;
      // A message that somebody has deleted needs no tidying.
      const to = { channelId: first.channelId, replyTo: null };
      if ((await poster.do(action, to, effort)) === "lost") break;
    }
    posts.settled(turnId);
  }

  /** What is to stand there for good, with nothing to press. */
  #remains(turn: TurnRow, rows: readonly PostRow[]): DesiredPosts {
    const isStopped = turn.state === "cancelled";
    const parts = rows.some(({ controls }) => asksForApproval(controls))
      ? this.#withoutRequest(turn)
      : // Of an answer that is complete nothing is missing, whatever else was sent before.
        rows.filter(({ messageId }) => isStopped || messageId !== null).map(({ content }) => content);
    return isStopped ? stoppedPosts(parts) : { parts };
  }

  /** What there is of an answer that was asked about; of a quiet one what people have decided. */
  #withoutRequest({ id, state }: TurnRow): readonly string[] {
    const journal = this.#options.turns.steps(id).map(({ entry }) => entry);
    const above = toolLines(shownCalls(journal), this.#options.toolDisplay());
    return livePosts({ above, text: state === "done" ? "" : answerText(journal) }).parts;
  }
}
