/** What each event of the Gateway does to a link. */
import type { GatewayEvent } from "../../shared/bridge/protocol.ts";
import { discordEventId } from "../../shared/discord/event-id.ts";
import { readWritten } from "../../shared/discord/inbound-event.ts";
import type { ForwardedEvent } from "../../shared/discord/intents.ts";
import {
  readChannel,
  readGone,
  readGuild,
  readReady,
  readThreadList,
} from "../../shared/discord/read-directory.ts";
import {
  type DiscordMessage,
  readDeletion,
  readEdit,
  readMessage,
} from "../../shared/discord/read-message.ts";
import type { Reading } from "../../shared/discord/reading.ts";
import { notListening } from "../../shared/discord/who-is-answered.ts";
import { readInteraction } from "../../shared/interaction/read-interaction.ts";
import type { Logger } from "../../shared/log.ts";
import type { Admission } from "./admission.ts";
import type { Directory } from "./directory.ts";
import type { Errand } from "./errands.ts";
import type { Inabilities } from "./inabilities.ts";
import type { Interactions } from "./interactions.ts";
import type { LinkState } from "./link-state.ts";
import type { MessageStore } from "./message-store.ts";
import type { Sessions } from "./sessions.ts";
import type { UnreadFields } from "./unread-fields.ts";

export interface IntakeParts {
  admission: Admission;
  state: LinkState;
  directory: Directory;
  messages: MessageStore;
  inabilities: Inabilities;
  sessions: Sessions;
  interactions: Interactions;
  unread: UnreadFields;
  log: Logger;
  /** Unix milliseconds. */
  now: () => number;
}

/**
 * Takes events in their order. What concerns only the link is done at once; what a session has to be told is an errand, and
 * decided on before it is run, so that a message sees what the ones before it have changed, whatever channel they were in.
 */
export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** @returns what is left to do; `null`: nothing. Data that cannot be read is logged and left out. */
  take({ t, s, d }: GatewayEvent, trace: string): Errand | null {
    const { state, directory, admission, inabilities, unread, now } = this.#parts;
    const log = this.#parts.log.with({ trace });
    log.log("debug", "event.received", { type: t, seq: s });
    const read = <T>(reading: Reading<T>, use: (value: T) => Errand | null | undefined): Errand | null => {
      if ("problem" in reading) {
        log.log("warn", "event.unreadable", { type: t, seq: s, problem: reading.problem });
        return null;
      }
      if (reading.unread) unread.tell(log, { type: t, unread: reading.unread });
      return use(reading.value) ?? null;
    };
    const listens = admission.listens.bind(admission);
    const name = t as ForwardedEvent;
    switch (name) {
      case "READY":
        return read(readReady(d), ({ user }) => {
          state.setBotUserId(user.id, now());
          directory.beginCold(now());
        });
      case "RESUMED":
        return null;
      case "GUILD_CREATE":
        return read(readGuild(d), (guild) => {
          if (guild.isUnavailable) return;
          for (const problem of guild.problems)
            log.log("warn", "channel.unreadable", { guild: guild.id, problem });
          directory.putGuild(guild, listens, { now: now(), installedAt: state.installedAt ?? now() });
        });
      case "GUILD_DELETE":
        return read(readGone(d), ({ id, unavailable }) => {
          if (!unavailable) directory.removeGuild(id);
        });
      // Somebody may have granted what was missing.
      case "GUILD_ROLE_UPDATE":
        inabilities.forgetAll();
        return null;
      case "CHANNEL_CREATE":
      case "CHANNEL_UPDATE":
      case "THREAD_CREATE":
      case "THREAD_UPDATE":
        return read(readChannel(d), (channel) => {
          inabilities.forget(channel.id);
          directory.putChannel(channel, listens, now());
        });
      case "THREAD_LIST_SYNC":
        return read(readThreadList(d), (threads) => {
          for (const thread of threads) directory.putChannel(thread, listens, now());
        });
      case "CHANNEL_DELETE":
      case "THREAD_DELETE":
        return read(readGone(d), ({ id }) => {
          directory.remove(id);
        });
      case "MESSAGE_CREATE":
        return read(readMessage(d), (message) => this.#message(message, log));
      case "MESSAGE_UPDATE":
        return read(readEdit(d), (edit) => {
          if (!edit) return null;
          return { trace, channelId: edit.channel_id, run: () => this.#amend(edit) };
        });
      case "MESSAGE_DELETE":
      case "MESSAGE_DELETE_BULK":
        return read(readDeletion(d), ({ channel_id, ids }) => ({
          ...{ trace, channelId: channel_id },
          run: () => this.#withdraw(ids),
        }));
      case "INTERACTION_CREATE":
        return read(readInteraction(d), (interaction) => this.#parts.interactions.take(interaction));
      default: {
        name satisfies never;
        log.log("warn", "event.unexpected", { type: t, seq: s });
        return null;
      }
    }
  }

  #message(message: DiscordMessage, log: Logger): Errand | null {
    const { admission, directory, messages, state, now } = this.#parts;
    const { id, channel_id: channelId } = message;
    const trace = discordEventId(id);
    const place = directory.placeOf(message);
    if (!admission.listens(place)) {
      log.log("debug", "message.not_answered", { because: notListening(place) });
      return null;
    }
    directory.listenTo(place, place.kind === "dm" ? (state.installedAt ?? now()) : now());
    const isBehind = directory.channel(channelId)?.isCatchingUp || messages.isHolding(channelId);
    if (isBehind) this.#hold(message, log);
    const admitted = isBehind ? null : admission.admit(message);
    if (!admitted) return { trace, channelId, seen: id, run: async () => {} };
    const run = async () => {
      // One before it may have found its session busy.
      if (messages.isHolding(channelId)) return this.#hold(message, log);
      const { conversation, event } = admitted;
      const receipt = await this.#parts.sessions.accept(conversation, id, event);
      if (receipt.status === "busy") this.#hold(message, log);
    };
    return { trace, channelId, conversation: admitted.conversation, seen: id, run };
  }

  #hold(message: DiscordMessage, log: Logger): void {
    const channel = message.channel_id;
    if (this.#parts.messages.hold(message, "live")) {
      log.log("debug", "message.held", { channel });
      return;
    }
    log.log("error", "message.dropped", { channel, cause: "more of its channel wait than can be kept" });
  }

  /** A copy of the message may be on its way from here to its session, so both are told. */
  async #amend(edit: Parameters<MessageStore["edit"]>[0]): Promise<void> {
    const { messages, admission, sessions } = this.#parts;
    messages.edit(edit);
    const route = messages.route(edit.id);
    if (!route) return;
    const amendment = { id: discordEventId(edit.id), ...readWritten(edit, admission.self) };
    await sessions.amend(route.conversation, amendment);
  }

  async #withdraw(ids: readonly string[]): Promise<void> {
    const { messages, directory, sessions } = this.#parts;
    messages.drop(ids);
    for (const id of ids) {
      const route = messages.route(id);
      if (!route) continue;
      const isWithdrawn = await sessions.withdraw(route.conversation, discordEventId(id));
      // The thread that its answer would have started.
      if (isWithdrawn) directory.forgetUserThread(id);
    }
  }
}
