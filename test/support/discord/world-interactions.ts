/**
 * What people do with an application: commands, buttons, selects, forms. Each deed ends when the application has answered
 * or has failed to (with `via: "hand"` at once), and throws where a real client would not let one do it.
 */
import type { APIApplicationCommand, APIMessage } from "discord-api-types/v10";
import { COMPONENT } from "./components.ts";
import type { SignatureHeaders } from "./interactions/application.ts";
import {
  enabledControl,
  shownCommand,
  shownCommands,
  shownMessage,
  type Viewer,
} from "./interactions/client.ts";
import type { CommandRequest } from "./interactions/commands.ts";
import { addChosen, type FieldValue, submissionOf } from "./interactions/modal.ts";
import { type OptionValue, optionsOf } from "./interactions/options.ts";
import { Resolved } from "./interactions/resolved.ts";
import type { Deed, InteractionRoom, Via } from "./interactions/room.ts";
import { type EndpointAnswer, INTERACTION, type InteractionView, viewOf } from "./interactions/state.ts";
import { messagePayload } from "./payloads.ts";
import type { Store } from "./store.ts";
import { WorldView } from "./world-view.ts";

export interface DeedOptions {
  /** By default to the endpoint when there is one, otherwise over the Gateway. */
  via?: Via;
  /** The language of the user's client; default `en-US`. */
  locale?: string;
}

/** What an endpoint answered to a request that a test has delivered by hand. */
export interface HandedAnswer {
  status: number;
  body: string;
  /** Default: JSON. */
  contentType?: string;
}

const COMMAND = { chatInput: 1, user: 2, message: 3, entryPoint: 4 } as const;

export class WorldInteractions extends WorldView {
  readonly #room: InteractionRoom;
  /** Added to the clock that everything here goes by. */
  readonly #advance: (ms: number) => void;

  constructor(store: Store, room: InteractionRoom, advance: (ms: number) => void) {
    super(store);
    this.#room = room;
    this.#advance = advance;
  }

  /** 64 hexadecimal digits: what signatures are verified with. */
  publicKey(): string {
    return this.#room.application.publicKey;
  }

  /** Discord signs with another key from now on; returns its public half. */
  rotateKey(): string {
    return this.#room.application.rotateKey();
  }

  /** Discord's signature for any body. @param timestamp seconds since 1970 */
  sign(timestamp: string, body: string): SignatureHeaders {
    return this.#room.application.sign(timestamp, body);
  }

  /** Where interactions go, without the proof that Discord asks for; `null`: over the Gateway. */
  setInteractionsEndpoint(url: string | null): void {
    this.#room.application.endpointUrl = url;
  }

  /** Registers commands, as `PUT …/commands` does; those of a guild when one is named. */
  setCommands(commands: readonly CommandRequest[], guildId?: string): APIApplicationCommand[] {
    return this.#room.commands.overwrite(commands, guildId);
  }

  commands(guildId?: string): APIApplicationCommand[] {
    return this.#room.commands.list(guildId);
  }

  /** What a user's client offers in a channel: slash commands and those of menus. */
  shownCommands(channelId: string, userId: string): APIApplicationCommand[] {
    return shownCommands(this.store, this.#room.commands, { channelId, userId });
  }

  /** A slash command; `name` includes the subcommand: `memory forget`. Options by name: text, number, an id, a file. */
  async slash(
    channelId: string,
    userId: string,
    name: string,
    values: Record<string, OptionValue> = {},
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const data = this.#slashData(channelId, userId, name, values);
    return this.#perform({ type: INTERACTION.command, channelId, userId, data }, options);
  }

  /** Types into an option that is autocompleted; the answer's `choices` are what the user is offered. */
  async autocomplete(
    channelId: string,
    userId: string,
    name: string,
    values: Record<string, OptionValue>,
    focused: string,
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const data = this.#slashData(channelId, userId, name, { [focused]: "", ...values }, focused);
    return this.#perform({ type: INTERACTION.autocomplete, channelId, userId, data }, options);
  }

  /** A command from the menu of a user. */
  async userCommand(
    channelId: string,
    userId: string,
    name: string,
    targetId: string,
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const resolved = this.#resolved(channelId);
    resolved.addUser(targetId);
    return this.#menuCommand(COMMAND.user, { channelId, userId, name, targetId, resolved }, options);
  }

  /** A command from the menu of a message. */
  async messageCommand(
    channelId: string,
    userId: string,
    name: string,
    messageId: string,
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const resolved = this.#resolved(channelId);
    resolved.addMessage(shownMessage(this.store, { channelId, userId }, messageId));
    return this.#menuCommand(
      COMMAND.message,
      { channelId, userId, name, targetId: messageId, resolved },
      options,
    );
  }

  /** The application's entry point, by its name. */
  async launch(
    channelId: string,
    userId: string,
    name: string,
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const { id } = this.#command(COMMAND.entryPoint, { channelId, userId }, name);
    const data = { id, name, type: COMMAND.entryPoint };
    return this.#perform({ type: INTERACTION.command, channelId, userId, data }, options);
  }

  /** Presses a button. */
  async press(
    channelId: string,
    userId: string,
    messageId: string,
    customId: string,
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const message = shownMessage(this.store, { channelId, userId }, messageId);
    const { type, id = null } = enabledControl(message, customId);
    if (type !== COMPONENT.button) throw new Error(`${customId} is no button.`);
    const data = { component_type: type, custom_id: customId, id };
    return this.#perform({ type: INTERACTION.component, channelId, userId, data, message }, options);
  }

  /** Chooses in a select: values of its options, or ids of users, roles and channels. */
  async select(
    channelId: string,
    userId: string,
    messageId: string,
    customId: string,
    values: readonly string[],
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const message = shownMessage(this.store, { channelId, userId }, messageId);
    const select = enabledControl(message, customId);
    if (select.type === COMPONENT.button) throw new Error(`${customId} is no select.`);
    const resolved = this.#resolved(channelId);
    addChosen(select, values, resolved);
    const data = {
      component_type: select.type,
      custom_id: customId,
      id: select.id ?? null,
      values: [...values],
      ...resolved.field(),
    };
    return this.#perform({ type: INTERACTION.component, channelId, userId, data, message }, options);
  }

  /** Submits the modal that an interaction was answered with. Values by the fields' custom ids. */
  async submit(
    interactionId: string,
    values: Record<string, FieldValue> = {},
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const opener = this.#room.find(interactionId);
    const { channelId, userId, message, modal } = opener;
    if (modal === null) throw new Error(`${interactionId} was not answered with a modal.`);
    const resolved = this.#resolved(channelId);
    const data = submissionOf(modal, { store: this.store, resolved, values });
    return this.#perform(
      { type: INTERACTION.modalSubmit, channelId, userId, data, message, opener },
      options,
    );
  }

  /** Any interaction, also one that no client would send: of unknown types, for commands that are gone. */
  async interact(
    channelId: string,
    userId: string,
    { type, data, messageId }: { type: number; data?: Record<string, unknown>; messageId?: string },
    options: DeedOptions = {},
  ): Promise<InteractionView> {
    const message =
      messageId === undefined ? null : shownMessage(this.store, { channelId, userId }, messageId);
    return this.#perform({ type, channelId, userId, data, message }, options);
  }

  /** Hands Discord what the endpoint answered to an interaction that was performed `via: "hand"`. */
  async receive(
    interactionId: string,
    { status, body, contentType = "application/json" }: HandedAnswer,
  ): Promise<InteractionView> {
    const state = this.#room.find(interactionId);
    const bytes = new Uint8Array(new TextEncoder().encode(body));
    await this.#room.receive(state, { answer: { status, body, ms: 0 }, contentType, bytes });
    return viewOf(state);
  }

  /** Sends an interaction's request again with a fresh signature, as Discord may. Its answer has no effect. */
  async redeliver(interactionId: string): Promise<EndpointAnswer> {
    return this.#room.sendAgain(this.#room.find(interactionId), "fresh");
  }

  /** Sends the same bytes again, signature and all, as somebody who has recorded them would. Its answer has no effect. */
  async replay(interactionId: string): Promise<EndpointAnswer> {
    return this.#room.sendAgain(this.#room.find(interactionId), "same");
  }

  /** How an interaction stands now. */
  interaction(interactionId: string): InteractionView {
    return viewOf(this.#room.find(interactionId));
  }

  /** Interactions so far, oldest first. */
  interactions(): InteractionView[] {
    return this.#room.all().map(viewOf);
  }

  /** Messages that only this user sees, oldest first. */
  ephemerals(userId: string): APIMessage[] {
    return [...this.store.ephemerals.values()]
      .filter((message) => message.ephemeralTo === userId)
      .map((message) => messagePayload(this.store, message));
  }

  /** Ends an interaction's token, as 15 minutes do. */
  expireToken(interactionId: string): void {
    this.#room.find(interactionId).isExpired = true;
  }

  /** Lets time pass here: tokens, rate limits, nonces and timestamps go by it, timers do not. For all who share it. */
  advanceClock(ms: number): void {
    this.#advance(ms);
  }

  async #perform(deed: Deed, { via, locale }: DeedOptions): Promise<InteractionView> {
    return viewOf(await this.#room.perform({ ...deed, locale }, via));
  }

  #slashData(
    channelId: string,
    userId: string,
    words: string,
    values: Record<string, OptionValue>,
    focused?: string,
  ): Record<string, unknown> {
    const [name = "", ...path] = words.split(" ");
    const command = this.#command(COMMAND.chatInput, { channelId, userId }, name);
    const resolved = this.#resolved(channelId);
    const typed = { store: this.store, command, path, values, resolved };
    const options = optionsOf(focused === undefined ? typed : { ...typed, focused });
    return {
      ...invocation(command),
      ...(options.length === 0 ? {} : { options }),
      ...resolved.field(),
    };
  }

  #menuCommand(
    type: number,
    menu: { channelId: string; userId: string; name: string; targetId: string; resolved: Resolved },
    options: DeedOptions,
  ): Promise<InteractionView> {
    const { channelId, userId, name, targetId, resolved } = menu;
    const command = this.#command(type, { channelId, userId }, name);
    const data = { ...invocation(command), target_id: targetId, ...resolved.field() };
    return this.#perform({ type: INTERACTION.command, channelId, userId, data }, options);
  }

  #command(type: number, viewer: Viewer, name: string): APIApplicationCommand {
    return shownCommand(this.store, this.#room.commands, viewer, { type, name });
  }

  #resolved(channelId: string): Resolved {
    return new Resolved(this.store, this.store.channel(channelId));
  }
}

function invocation({ id, name, type, guild_id }: APIApplicationCommand): Record<string, unknown> {
  return { id, name, type, ...(guild_id === undefined ? {} : { guild_id }) };
}
