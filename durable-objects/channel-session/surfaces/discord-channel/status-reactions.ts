import { type AnswerStatus, MAYBE_LEFT } from "../../../../shared/discord/status-reaction.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { DiscordTarget, InboundEvent } from "../../../../shared/session/event.ts";
import { sleep } from "../../../../shared/time/sleep.ts";
import { type BegunTurn, type TurnState, toolCallsOf } from "../../engine/turn-state.ts";
import type { DiscordConnections } from "../discord/connections.ts";
import type { StatusSign } from "../discord/posted-surface.ts";
import { StatusReaction } from "./status-reaction.ts";

/** What the character says about them, asked for each turn. */
export interface ReactionSettings {
  enabled: boolean;
  removeAfterReply: boolean;
}

/** The status of answers as reactions to the messages that they answer. */
export class StatusReactions {
  readonly #connections: DiscordConnections;
  readonly #settings: () => ReactionSettings;
  readonly #log: Logger;
  /** Of messages that wait, by id. */
  readonly #waiting = new Map<string, StatusReaction>();

  constructor(connections: DiscordConnections, settings: () => ReactionSettings, log: Logger) {
    this.#connections = connections;
    this.#settings = settings;
    this.#log = log;
  }

  /** The message waits for the answer to another. */
  queued({ id, target }: InboundEvent): void {
    if (target.kind === "discord") this.#reaction(id, target, [])?.show("queued");
  }

  /** What shows a turn's status from here on. Messages that it answers besides its own show nothing more. */
  signOf({ events, generation }: BegunTurn): StatusSign | undefined {
    for (const { target } of events.slice(0, -1)) this.#settle(target);
    const { id = "", target } = events.at(-1) ?? {};
    if (target?.kind !== "discord") return undefined;
    const reaction = this.#reaction(id, target, generation > 1 ? MAYBE_LEFT : []);
    if (target.messageId !== undefined) this.#waiting.delete(target.messageId);
    return reaction && new ReactionSign(reaction, this.#settings().removeAfterReply);
  }

  #settle(target: InboundEvent["target"]): void {
    if (target.kind !== "discord" || target.messageId === undefined) return;
    this.#waiting.get(target.messageId)?.settle(null);
    this.#waiting.delete(target.messageId);
  }

  #reaction(
    trace: string,
    { channelId, messageId }: DiscordTarget,
    shown: readonly string[],
  ): StatusReaction | undefined {
    const { bot } = this.#connections;
    if (!this.#settings().enabled || "missing" in bot || messageId === undefined) return undefined;
    const known = this.#waiting.get(messageId);
    if (known) return known;
    const [rest, log] = [bot.rest.with({ trace }), this.#log.with({ trace })];
    const options = { rest, channelId, messageId, shown, log, sleep };
    const reaction = new StatusReaction(options);
    this.#waiting.set(messageId, reaction);
    return reaction;
  }
}

class ReactionSign implements StatusSign {
  readonly #reaction: StatusReaction;
  readonly #removeAfterReply: boolean;

  constructor(reaction: StatusReaction, removeAfterReply: boolean) {
    this.#reaction = reaction;
    this.#removeAfterReply = removeAfterReply;
  }

  show(turn: TurnState): void {
    this.#reaction.show(statusOf(turn));
  }

  settle(status: "done" | "error" | null): void {
    this.#reaction.settle(status === "done" && this.#removeAfterReply ? null : status);
  }
}

function statusOf({ parts }: TurnState): AnswerStatus {
  const isAtTool = toolCallsOf(parts).some(({ output }) => output === null);
  return isAtTool ? "tool" : "thinking";
}
