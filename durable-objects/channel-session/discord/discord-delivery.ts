import { retryControls, stopControls } from "../../../shared/discord/answer-controls.ts";
import { DiscordError, isFinal } from "../../../shared/discord/errors.ts";
import type { DiscordRest } from "../../../shared/discord/rest.ts";
import { discordSettings } from "../../../shared/discord/settings.ts";
import { MAYBE_LEFT } from "../../../shared/discord/status-reaction.ts";
import { toolLines } from "../../../shared/discord/tool-lines.ts";
import { sleep } from "../../../shared/llm/retry.ts";
import type { Logger } from "../../../shared/log.ts";
import type { DiscordTarget, InboundEvent } from "../../../shared/session/event.ts";
import { callHub } from "../../agent-hub/hub-client.ts";
import { connectDiscord, type DiscordConnection } from "../../discord-client.ts";
import type { Env } from "../../env.ts";
import { findAgentIfAny } from "../agent-parts.ts";
import type { SessionDatabase } from "../database.ts";
import { type Delivery, SENT } from "../delivery.ts";
import { answerText } from "../next-action.ts";
import { mayRetry } from "../retry.ts";
import type { LiveAnswer } from "../run-turn.ts";
import type { StepEntry, TurnRow } from "../schema.ts";
import type { OpenTurn } from "../store.ts";
import { type AnswerSource, DiscordAnswer, type DiscordAnswerOptions } from "./discord-answer.ts";
import { shownCalls, statusOf } from "./journal-view.ts";
import { PostStore } from "./post-store.ts";
import { StatusReaction } from "./status-reaction.ts";
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
  readonly #env: Env;
  readonly #agent: string;
  readonly #conversation: string;
  readonly #unattended: UnattendedAnswers;
  readonly #posts: PostStore;
  readonly #log: Logger;
  #connection: DiscordConnection | undefined;
  /** Of messages that wait, by id. */
  readonly #reactions = new Map<string, StatusReaction>();
  #current: { turnId: string; answer: DiscordAnswer; reaction: StatusReaction | undefined } | undefined;

  constructor({ env, agent, conversation, db, turns, log }: DiscordDeliveryOptions) {
    this.#env = env;
    this.#agent = agent;
    this.#conversation = conversation;
    this.#posts = new PostStore(db);
    this.#log = log;
    this.#unattended = new UnattendedAnswers({
      ...{ conversation, posts: this.#posts, turns, log, now: Date.now },
      toolDisplay: () => this.#settings().toolDisplay,
      rest: () => this.#rest(),
      ended: async (turnId) => {
        if (this.#current?.turnId === turnId) await this.#current.answer.end();
      },
      answer: (turnId, { target }) => {
        const rest = this.#rest();
        if (!rest || target.kind !== "discord") return undefined;
        const after = Promise.resolve();
        return this.#answer({ turnId, target, rest, source: NOTHING_YET, isSilent: true, after, log });
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
    if (target.kind !== "discord") return undefined;
    const connection = this.#connect();
    if ("missing" in connection) return this.#unconnected(connection.missing);
    const log = this.#log.with({ turn: turn.id, channel: target.channelId });
    const { rest } = connection;
    const isSilent = turn.message.event.mayBeQuiet === true;
    const source = this.#source(turn.id, reader);
    const after = this.#unattended.released(turn.id);
    const answer = this.#answer({ turnId: turn.id, target, rest, source, isSilent, after, log });
    // Together with a later message, which shows the status for both.
    for (const { event } of turn.messages.slice(0, -1)) this.#settleQueued(event);
    const reaction = this.#reaction(target, turn.generation > 1 ? MAYBE_LEFT : []);
    if (target.messageId !== undefined) this.#reactions.delete(target.messageId);
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

  /** A turn was stopped; what was shown of it will say so, whatever happens to this instance. */
  stopped(turnId: string): void {
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
        const controls = failure && mayRetry(failure) ? retryControls(address) : [];
        return { above: above(reader.journal()), notice: reader.notice(), controls };
      },
    };
  }

  #answer({ log, ...options }: AnswerOfTurn): DiscordAnswer {
    const { target } = options;
    return new DiscordAnswer({
      ...{ ...options, log, posts: this.#posts, now: Date.now },
      threadRefused: ({ code, message }) => {
        log.log("warn", "discord.no_thread", { cause: message });
        if (code !== "forbidden") return;
        const note = { channel: target.channelId, cause: message };
        void callHub(this.#env, this.#agent, (hub) => hub.noteThreadRefused(note)).catch(() => {
          log.log("error", "discord.thread_refused", { cause: message });
        });
      },
    });
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

  #reaction({ channelId, messageId }: DiscordTarget, shown: readonly string[]): StatusReaction | undefined {
    const connection = this.#connect();
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

  /** `undefined` when no token is configured. */
  #rest(): DiscordRest | undefined {
    const connection = this.#connect();
    return "missing" in connection ? undefined : connection.rest;
  }

  #connect(): DiscordConnection {
    this.#connection ??= connectDiscord(this.#env, this.#agent);
    return this.#connection;
  }

  #settings() {
    const agent = findAgentIfAny(this.#agent);
    return agent ? discordSettings(agent.character) : NO_AGENT;
  }
}

type AnswerOfTurn = Pick<
  DiscordAnswerOptions,
  "turnId" | "target" | "rest" | "source" | "isSilent" | "after" | "log"
>;

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
