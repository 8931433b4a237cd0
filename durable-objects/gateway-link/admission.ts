/** Takes the decision about a message once, with what was said before it, and remembers it. */
import type { Agent } from "../../shared/character/registry.ts";
import { discordEventId } from "../../shared/discord/event-id.ts";
import { inboundEvent, type Self } from "../../shared/discord/inbound-event.ts";
import type { DiscordMessage } from "../../shared/discord/read-message.ts";
import { type Route, routeMessage } from "../../shared/discord/route-message.ts";
import { type DiscordSettings, discordSettings } from "../../shared/discord/settings.ts";
import {
  authorKind,
  decideAtBest,
  isListening,
  type Place,
  type Silence,
  whoIsAnswered,
} from "../../shared/discord/who-is-answered.ts";
import type { Logger } from "../../shared/log.ts";
import type { InboundEvent } from "../../shared/session/event.ts";
import type { Directory } from "./directory.ts";
import type { Inabilities } from "./inabilities.ts";
import type { LinkState } from "./link-state.ts";
import type { MessageStore } from "./message-store.ts";

/** A message that is answered, and the session that answers it. */
export interface Admitted {
  conversation: string;
  event: InboundEvent;
}

export interface AdmissionParts {
  agent: Agent;
  state: LinkState;
  directory: Directory;
  messages: MessageStore;
  inabilities: Inabilities;
  /** Index of the shard. */
  shard: number;
  log: Logger;
}

/** The decisions of one agent's shard, with the settings of one moment. */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly settings: DiscordSettings;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.settings = discordSettings(parts.agent.character);
  }

  get self(): Self {
    const { agent, state } = this.#parts;
    return { id: state.botUserId, name: agent.character.name };
  }

  /** Whether the character listens in a place. */
  listens(place: Place): boolean {
    return isListening(place, this.settings);
  }

  /** Whether a missed message may turn out to be answered when its turn comes. */
  mayAdmit(message: DiscordMessage): boolean {
    const { state, directory } = this.#parts;
    const decision = decideAtBest(message, directory.placeOf(message), this.settings, state.botUserId);
    if (!decision.answer) this.#tellSilence(message, decision.because);
    return decision.answer;
  }

  /**
   * Decides about a message. Messages of a channel have to come in order; one that comes again goes the way it went before,
   * and counts no second time.
   *
   * @returns `null` when it is not answered.
   */
  admit(message: DiscordMessage): Admitted | null {
    const { messages } = this.#parts;
    const route = messages.route(message.id) ?? this.#decide(message);
    if (!route) return null;
    return { conversation: route.conversation, event: inboundEvent(message, route.target, this.self) };
  }

  #decide(message: DiscordMessage): Route | null {
    const { state, directory, messages, shard } = this.#parts;
    const place = directory.placeOf(message);
    const row = directory.channel(place.channelId);
    const standing = { isInvolved: row?.isInvolved ?? false, botTurns: row?.botTurns ?? 0 };
    const kind = authorKind(message, state.botUserId);
    if (kind === "person" && standing.botTurns > 0) directory.setBotTurns(place.channelId, 0);
    const decision = whoIsAnswered(message, place, this.settings, { me: state.botUserId, ...standing });
    if (!decision.answer) {
      this.#tellSilence(message, decision.because);
      return null;
    }
    if (kind === "bot") directory.setBotTurns(place.channelId, standing.botTurns + 1);
    const { threadMode } = this.settings;
    const userThread =
      threadMode === "per-user" ? directory.userThread(place.channelId, message.author.id) : undefined;
    const continued = (id: string) => messages.continuedAt(id);
    const cannot = this.#parts.inabilities.in(place.channelId, Date.now());
    const route = routeMessage(message, place, { threadMode, userThread, continued, cannot, shard });
    this.#remember(message, place, route, { since: row?.listeningSince ?? 0, ...standing });
    messages.setRoute(message.id, route);
    return route;
  }

  #tellSilence({ id }: DiscordMessage, because: Silence): void {
    this.#parts.log.log("debug", "message.not_answered", { trace: discordEventId(id), because });
  }

  /** What the route means for the messages that follow. */
  #remember(
    message: DiscordMessage,
    place: Place,
    { target, conversation }: Route,
    { since, isInvolved }: { since: number; isInvolved: boolean },
  ): void {
    const { directory } = this.#parts;
    if (place.kind === "dm") return;
    const { channelId: parentId, guildId } = place;
    if (place.kind === "thread") {
      if (isInvolved) return;
      const { channelId: id, parent } = place;
      directory.involve({ id, guildId, parentId: parent.id, name: "" }, since);
    } else if (target.thread?.from === "message") {
      const { name } = target.thread;
      directory.involve({ id: conversation, guildId, parentId, name }, since);
      if (this.settings.threadMode === "per-user")
        directory.setUserThread(parentId, message.author.id, conversation);
    }
  }
}
