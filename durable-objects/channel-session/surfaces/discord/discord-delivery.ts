import { retryControls, stopControls } from "../../../../shared/discord/answer-controls.ts";
import { DiscordError, isFinal } from "../../../../shared/discord/errors.ts";
import { discordSettings } from "../../../../shared/discord/settings.ts";
import { MAYBE_LEFT } from "../../../../shared/discord/status-reaction.ts";
import { toolLines } from "../../../../shared/discord/tool-lines.ts";
import type { Logger } from "../../../../shared/log.ts";
import type {
  DiscordTarget,
  InboundEvent,
  InteractionTarget,
  ReplyTarget,
} from "../../../../shared/session/event.ts";
import { sleep } from "../../../../shared/time/sleep.ts";
import { findAgentIfAny } from "../../../agent/find-agent.ts";
import type { Env } from "../../../env.ts";
import type { SessionDatabase } from "../../database.ts";
import type { StepEntry } from "../../engine/journal.ts";
import { answerText } from "../../engine/next-action.ts";
import type { LiveAnswer } from "../../engine/run-turn.ts";
import type { TurnRow } from "../../engine/schema.ts";
import type { OpenTurn } from "../../engine/store.ts";
import { mayRetry } from "../../parts/presses/try-again.ts";
import { type Delivery, SENT } from "../delivery.ts";
import { StatusReaction } from "../discord-channel/status-reaction.ts";
import { type AnswerPlace, AnswerPlaces, isDiscordTarget, type ShownTarget } from "./answer-places.ts";
import { type AnswerSource, DiscordAnswer, type DiscordAnswerOptions } from "./discord-answer.ts";
import { commandControls, shownCalls, statusOf } from "./journal-view.ts";
import type { Placement } from "./placement.ts";
import { type NewPost, PostStore } from "./post-store.ts";
import { type Turns, UnattendedAnswers } from "./unattended-answers.ts";

/** What is read of the turn that is answered. */
export interface TurnReader {
  journal(): StepEntry[];
  /** Text of the model call in progress. */
  liveText(): string;
  turn(): TurnRow | undefined;
  /** A remark below a complete answer, or `null`. */
  notice(): string | null;
}

/** A turn whose answer goes to Discord. */
export interface DiscordTurn {
  following(live: LiveAnswer): LiveAnswer;
  /** The journal has changed. */
  changed(): void;
  /** @throws DiscordError when it may be tried again. */
  deliver(text: string): Promise<Delivery>;
  /** Shows no more of it; resolves when nothing is under way. */
  end(): Promise<void>;
}

/** What a conversation's side that faces Discord needs. */
export interface DiscordDeliveryOptions {
  env: Env;
  agent: string;
  conversation: string;
  db: SessionDatabase;
  turns: Turns;
  log: Logger;
}

/** A conversation's side that faces Discord. */
export class DiscordDelivery {
  readonly #agent: string;
  readonly #conversation: string;
  readonly #unattended: UnattendedAnswers;
  readonly #posts: PostStore;
  readonly #log: Logger;
  readonly #turns: Turns;
  readonly #places: AnswerPlaces;
  /** Of messages that wait, by id. */
  readonly #reactions = new Map<string, StatusReaction>();
  #current: { turnId: string; answer: DiscordAnswer; reaction: StatusReaction | undefined } | undefined;

  constructor({ env, agent, conversation, db, turns, log }: DiscordDeliveryOptions) {
    this.#agent = agent;
    this.#conversation = conversation;
    this.#posts = new PostStore(db);
    this.#places = new AnswerPlaces({ env, agent, posts: this.#posts });
    this.#log = log;
    this.#turns = turns;
    this.#unattended = new UnattendedAnswers({
      ...{ conversation, posts: this.#posts, turns, log, now: Date.now },
      toolDisplay: () => this.#settings().toolDisplay,
      placement: (turnId, target) => this.#placementOf(turnId, target),
      ended: async (turnId) => {
        if (this.#current?.turnId === turnId) await this.#current.answer.end();
      },
      answer: (turnId, { target }) => {
        const place = isDiscordTarget(target) ? this.#places.of(turnId, target, log) : undefined;
        if (!place || "missing" in place) return undefined;
        const after = Promise.resolve();
        return this.#answer({ ...place, turnId, source: NOTHING_YET, isSilent: true, after, log });
      },
    });
  }

  /** A message waits for the answer to another. */
  queued({ target }: InboundEvent): void {
    if (target.kind === "discord") this.#reaction(target, [])?.show("queued");
  }

  /** @returns `undefined` when the turn's answer goes elsewhere. */
  begin(turn: OpenTurn, reader: TurnReader): DiscordTurn | undefined {
    const { target } = turn.message.event;
    if (!isDiscordTarget(target)) return undefined;
    const log = this.#log.with({ turn: turn.id, channel: target.channelId });
    const place = this.#places.of(turn.id, target, log);
    if ("missing" in place) return this.#unconnected(place.missing);
    const isSilent = turn.message.event.mayBeQuiet === true;
    const source = this.#source(turn.id, reader);
    const after = this.#unattended.released(turn.id);
    const answer = this.#answer({ ...place, turnId: turn.id, source, isSilent, after, log });
    // Together with a later message, which shows the status for both.
    for (const { event } of turn.messages.slice(0, -1)) this.#settleQueued(event);
    const reaction = this.#takeReaction(target, turn.generation);
    reaction?.show(statusOf(reader.journal()));
    this.#current = { turnId: turn.id, answer, reaction };
    // What an earlier instance has left there may be out of date.
    answer.changed();
    return {
      following: (live) => answer.following(live),
      changed: () => {
        answer.changed();
        reaction?.show(statusOf(reader.journal()));
      },
      deliver: async (text) => {
        const delivery = await this.#deliver(answer, text, log);
        const isDone = delivery.status === "sent" && !reader.turn()?.failure;
        const kept = this.#settings().reactions.removeAfterReply ? null : "done";
        reaction?.settle(isDone ? kept : "error");
        return delivery;
      },
      end: () => answer.end(),
    };
  }

  /** A turn is stopped; what was shown of it will say so, whatever happens to this instance, and forgotten as it may be. */
  stopped(turnId: string): void {
    const target = this.#turns.message(turnId)?.event.target;
    // Its deferral says that an answer will come.
    if (target?.kind === "interaction" && this.#posts.ofTurn(turnId).length === 0)
      this.#posts.beginCreate(deferred(turnId, target), Date.now());
    this.#posts.markStopping(turnId);
    if (this.#current?.turnId === turnId) {
      void this.#current.answer.end();
      this.#current.reaction?.settle(null);
    }
  }

  /** Another turn's answer is going to take the place of this one's. */
  replaced(turnId: string): void {
    this.#posts.disown(turnId);
  }

  /** Brings answers that nobody works on to what they should be: stopped ones, those that wait for approval. */
  resume(): void {
    this.#unattended.resume();
    // What is due by the clock.
    this.#current?.answer.changed();
  }

  /** Whether {@link resume} has something left to do. */
  get isPending(): boolean {
    return this.#unattended.isPending;
  }

  #source(turn: string, reader: TurnReader): AnswerSource {
    const { toolDisplay } = this.#settings();
    const above = (journal: readonly StepEntry[]) => toolLines(shownCalls(journal), toolDisplay);
    const address = { turn, conversation: this.#conversation };
    return {
      live: () => {
        const journal = reader.journal();
        const text = answerText(journal, reader.liveText());
        return { above: above(journal), text, controls: stopControls(address) };
      },
      complete: () => {
        const failure = reader.turn()?.failure;
        const journal = reader.journal();
        const controls = failure && mayRetry(failure) ? retryControls(address) : commandControls(journal);
        return { above: above(journal), notice: reader.notice(), controls };
      },
    };
  }

  #answer(options: AnswerOfTurn): DiscordAnswer {
    return new DiscordAnswer({ ...options, posts: this.#posts, now: Date.now });
  }

  #placementOf(turnId: string, target: ReplyTarget): Placement | undefined {
    const place = isDiscordTarget(target) ? this.#places.of(turnId, target, this.#log) : undefined;
    return place && "placement" in place ? place.placement : undefined;
  }

  async #deliver(answer: DiscordAnswer, text: string, log: Logger): Promise<Delivery> {
    try {
      await answer.deliver(text);
      return SENT;
    } catch (error) {
      if (!(error instanceof DiscordError) || !isFinal(error)) throw error;
      log.log("error", "discord.undeliverable", { cause: error.message });
      return undeliverable(`Discord did not take the answer: ${error.message}`);
    }
  }

  #unconnected(missing: string): DiscordTurn {
    return {
      following: (live) => live,
      changed: () => {},
      deliver: async () => {
        this.#log.log("error", "discord.no_token", { missing });
        return undeliverable(`The answer cannot be posted: the secret ${missing} is not set.`);
      },
      end: async () => {},
    };
  }

  /** The reaction that shows a turn's status from here on; an interaction has no message to react to. */
  #takeReaction(target: ShownTarget, generation: number): StatusReaction | undefined {
    if (target.kind === "interaction") return undefined;
    const reaction = this.#reaction(target, generation > 1 ? MAYBE_LEFT : []);
    if (target.messageId !== undefined) this.#reactions.delete(target.messageId);
    return reaction;
  }

  #reaction({ channelId, messageId }: DiscordTarget, shown: readonly string[]): StatusReaction | undefined {
    const connection = this.#places.bot;
    if (!this.#settings().reactions.enabled || "missing" in connection) return undefined;
    if (messageId === undefined) return undefined;
    const known = this.#reactions.get(messageId);
    if (known) return known;
    const { rest } = connection;
    const reaction = new StatusReaction({ rest, channelId, messageId, shown, log: this.#log, sleep });
    this.#reactions.set(messageId, reaction);
    return reaction;
  }

  #settleQueued({ target }: InboundEvent): void {
    if (target.kind !== "discord" || target.messageId === undefined) return;
    this.#reactions.get(target.messageId)?.settle(null);
    this.#reactions.delete(target.messageId);
  }

  #settings() {
    const agent = findAgentIfAny(this.#agent);
    return agent ? discordSettings(agent.character) : NO_AGENT;
  }
}

type AnswerOfTurn = AnswerPlace &
  Pick<DiscordAnswerOptions, "turnId" | "source" | "isSilent" | "after" | "log">;

/** What an interaction shows before there is anything of its answer. */
function deferred(turnId: string, { channelId = "" }: InteractionTarget): NewPost {
  return { turnId, part: 0, channelId, content: "", controls: [], place: "token" };
}

/** Of a turn that nobody works on. */
const NOTHING_YET: AnswerSource = {
  live: () => ({ above: "", text: "" }),
  complete: () => ({ above: "", notice: null }),
};

/** For the last words of an agent that is gone. */
const NO_AGENT = { toolDisplay: "none", reactions: { enabled: false, removeAfterReply: false } } as const;

function undeliverable(message: string): Delivery {
  return { status: "undeliverable", failure: { code: "undeliverable", message } };
}
