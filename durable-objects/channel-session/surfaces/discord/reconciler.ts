import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent, ReplyTarget } from "../../../../shared/session/event.ts";
import type { BegunTurn, Delivery, OutboxItem, TurnState, TurnStates } from "../../engine/turn-state.ts";
import { SENT, type ShownTurn, type Surface } from "../surface.ts";
import { Answer } from "./answer.ts";
import type { Display } from "./desired.ts";
import { type Leftover, leftoversOf } from "./leftovers.ts";
import type { PostStore } from "./post-store.ts";
import type { PostedSurface, StatusSign } from "./posted-surface.ts";

/** What a conversation's side that faces Discord needs. */
export interface ReconcilerOptions {
  surfaces: readonly PostedSurface[];
  posts: PostStore;
  turns: TurnStates;
  display: () => Pick<Display, "conversation" | "tools">;
  log: Logger;
}

/**
 * Brings the messages that show answers to what they should be: of the turn that an instance works on as it grows, of a
 * complete one for certain, and of those that nobody works on. What they should be is a function of what is stored, so whoever
 * comes after a crash, or after Discord was away, goes on by asking again.
 */
export class Reconciler implements Surface {
  readonly #options: ReconcilerOptions;
  /** Turns of which Discord does not take what is to be said; the next instance tries once more. */
  readonly #refused = new Set<string>();
  #shown: PostedTurn | undefined;
  /** The leftover that is being settled. */
  #settling: { turn: string; over: Promise<void> } | undefined;
  #isWorking = false;
  #mayHaveMore = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  answers(target: ReplyTarget): boolean {
    return this.#surfaceOf(target) !== undefined;
  }

  begin(turn: BegunTurn): ShownTurn | undefined {
    const { turns, log } = this.#options;
    const event = turn.events.at(-1);
    const surface = event && this.#surfaceOf(event.target);
    if (!event || !surface) return undefined;
    // Nothing more of what stands there begins once somebody works on the turn.
    const after = this.#settling?.turn === turn.id ? this.#settling.over : Promise.resolve();
    const answer = this.#answerOf(turn.id, event, surface, after);
    const turnLog = log.with({ turn: turn.id, trace: event.id });
    const shown = new PostedTurn({
      ...{ turn, surface, answer, turns, log: turnLog },
      sign: surface.signOf?.(turn),
    });
    this.#shown = shown;
    return shown;
  }

  queued(event: InboundEvent): void {
    this.#surfaceOf(event.target)?.queued?.(event);
  }

  stopped(turnId: string): void {
    const { turns, posts } = this.#options;
    const target = turns.of(turnId)?.event.target;
    if (target && posts.ofTurn(turnId).length === 0) this.#surfaceOf(target)?.promised?.(turnId, target);
    posts.markStopping(turnId);
    if (this.#shown?.turnId === turnId) this.#shown.stopped();
  }

  replaced(turnId: string): void {
    this.#options.posts.disown(turnId);
  }

  resume(): void {
    // What is due by the clock.
    this.#shown?.changed();
    this.#mayHaveMore = true;
    if (this.#isWorking) return;
    this.#isWorking = true;
    void this.#work().catch((error: unknown) => {
      this.#options.log.log("error", "discord.not_tidied", { cause: String(error) });
    });
  }

  get isPending(): boolean {
    return this.#leftovers().length > 0;
  }

  async #work(): Promise<void> {
    try {
      while (this.#mayHaveMore) {
        this.#mayHaveMore = false;
        for (const leftover of this.#leftovers()) {
          const over = this.#settle(leftover);
          this.#settling = { turn: leftover.turn.turn, over };
          await over;
        }
      }
    } finally {
      this.#settling = undefined;
      this.#isWorking = false;
    }
  }

  #leftovers(): Leftover[] {
    const { turns, posts } = this.#options;
    return leftoversOf(turns, posts.unsettled()).filter(({ turn, do: what }) => {
      const surface = this.#surfaceOf(turn.event.target);
      if (!surface?.isLive) return false;
      if (what === "tidy") return true;
      if (this.#refused.has(turn.turn)) return false;
      const answer = this.#answerOf(turn.turn, turn.event, surface);
      // Where nothing can be posted, that is found when it is tried.
      return "missing" in answer ? what === "ask" : !answer.isShown;
    });
  }

  async #settle({ turn, do: what }: Leftover): Promise<void> {
    const { log } = this.#options;
    try {
      if (this.#shown?.turnId === turn.turn) await this.#shown.over();
      await this.#do(turn, what);
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      const isHopeless = isFinal(error);
      const fields = { turn: turn.turn, trace: turn.event.id, do: what, cause: error.message };
      log.log(isHopeless && what === "ask" ? "error" : "warn", "discord.not_settled", fields);
      if (isHopeless) await this.#giveUp(turn, what);
    }
  }

  async #do({ turn: id, event, phase }: TurnState, what: Leftover["do"]): Promise<void> {
    const { turns, posts, log } = this.#options;
    const surface = this.#surfaceOf(event.target);
    const answer = surface && this.#answerOf(id, event, surface);
    if (answer && !("missing" in answer)) {
      const isTidying = what === "tidy";
      if (isTidying && posts.ofTurn(id).length === 0) return;
      await answer.settle(() => turns.of(id)?.phase === phase, { isOver: isTidying });
    } else if (what !== "tidy") {
      this.#refused.add(id);
      log.log("error", "discord.not_asked", { turn: id, trace: event.id });
    }
    if (what === "tidy") this.#settled(id);
  }

  /** What is refused for good is left; but nothing stays there to be pressed. */
  async #giveUp({ turn, event }: TurnState, what: Leftover["do"]): Promise<void> {
    if (what !== "tidy") {
      this.#refused.add(turn);
      return;
    }
    const surface = this.#surfaceOf(event.target);
    const answer = surface && this.#answerOf(turn, event, surface);
    try {
      if (answer && !("missing" in answer)) await answer.bare();
      this.#settled(turn);
    } catch (error) {
      // The next look finds it as it is now.
      if (!(error instanceof DiscordError)) throw error;
    }
  }

  #settled(turnId: string): void {
    const { turns, posts } = this.#options;
    const phase = turns.of(turnId)?.phase;
    if (phase === undefined || phase === "waiting" || phase === "forgotten") posts.disown(turnId);
    else posts.settled(turnId);
  }

  #surfaceOf(target: ReplyTarget): PostedSurface | undefined {
    return this.#options.surfaces.find((surface) => surface.answers(target));
  }

  #answerOf(
    turnId: string,
    event: InboundEvent,
    surface: PostedSurface,
    after: Promise<unknown> = Promise.resolve(),
  ): Answer | { missing: string } {
    const { posts, turns, display } = this.#options;
    const log = this.#options.log.with({ turn: turnId, trace: event.id });
    const place = surface.placementFor(turnId, event, log);
    if ("missing" in place) return place;
    const state = () => turns.of(turnId);
    return new Answer({ ...place, turnId, surface, posts, state, display, log, now: Date.now, after });
  }
}

interface PostedTurnOptions {
  turn: BegunTurn;
  surface: PostedSurface;
  answer: Answer | { missing: string };
  sign: StatusSign | undefined;
  turns: TurnStates;
  log: Logger;
}

/** A turn that an instance works on, and whose answer is posted. */
class PostedTurn implements ShownTurn {
  readonly #options: PostedTurnOptions;
  readonly #answer: Answer | undefined;

  constructor(options: PostedTurnOptions) {
    const { answer, surface, turn } = options;
    this.#options = options;
    this.#answer = "missing" in answer ? undefined : answer;
    const isSilent = turn.events.at(-1)?.mayBeQuiet === true || !surface.isLive;
    if (!isSilent) this.#answer?.grow();
    // What an earlier instance has left there may be out of date.
    this.changed();
  }

  get turnId(): string {
    return this.#options.turn.id;
  }

  changed(): void {
    this.#answer?.changed();
    const state = this.#options.sign && this.#options.turns.of(this.turnId);
    if (state) this.#options.sign?.show(state);
  }

  grew(): void {
    this.#answer?.changed();
  }

  async deliver(item: OutboxItem): Promise<Delivery> {
    const state = this.#options.turns.of(this.turnId);
    const delivery = await this.#deliver(item, state);
    this.#options.sign?.settle(delivery.status === "sent" && !state?.failure ? "done" : "error");
    return delivery;
  }

  async #deliver({ text, createdAt }: OutboxItem, state: TurnState | undefined): Promise<Delivery> {
    const { answer, surface } = this.#options;
    if ("missing" in answer) return this.#undeliverable(answer.missing);
    if (!state) return this.#undeliverable("the turn is forgotten");
    try {
      await answer.deliver(state, text);
      return SENT;
    } catch (error) {
      if (!(error instanceof DiscordError)) throw error;
      if (!isFinal(error) && Date.now() - createdAt <= surface.patienceMs) throw error;
      return this.#undeliverable(`Discord did not take it: ${error.message}`);
    }
  }

  #undeliverable(cause: string): Delivery {
    const { log, surface } = this.#options;
    log.log("error", `${surface.name}.undeliverable`, { cause });
    const message = `The answer cannot be posted: ${cause}`;
    return { status: "undeliverable", failure: { code: "undeliverable", message } };
  }

  stopped(): void {
    this.end();
    this.#options.sign?.settle(null);
  }

  end(): void {
    void this.over();
  }

  /** Shows no more of it; resolves when nothing is under way. */
  async over(): Promise<void> {
    await this.#answer?.end();
  }
}
