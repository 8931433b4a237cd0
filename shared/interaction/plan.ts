/** What becomes of an interaction: a pure decision, the same for those that come over HTTP and over the Gateway. */

import type { Agent } from "../character/registry.ts";
import type { Command } from "../commands/command.ts";
import { canStartThreads } from "../discord/channel-types.ts";
import { type ControlId, readControlId, writeControlId } from "../discord/controls.ts";
import { interactionEventId } from "../discord/event-id.ts";
import { type DiscordSettings, discordSettings } from "../discord/settings.ts";
import { snowflakeTime } from "../discord/snowflake.ts";
import { MAX_ATTACHMENTS } from "../session/attachment.ts";
import type { InboundEvent, InteractionTarget } from "../session/event.ts";
import { interactionConversation } from "../session/name.ts";
import { TOKEN_LIFE_MS } from "./answer-place.ts";
import type {
  AutocompleteInteraction,
  CommandInteraction,
  CommandOptions,
  ComponentInteraction,
  Happening,
  Interaction,
  ModalInteraction,
} from "./interaction.ts";
import type { Press } from "./press.ts";
import { askedAboutMessage, askedByCustom, askedByOptions, type Question } from "./question.ts";
import { readRuntimeCommand, tellCommand } from "./read-runtime-command.ts";
import { ASK_FIELDS } from "./response.ts";
import {
  askMessageName,
  isReservedCommand,
  RUNTIME_COMMANDS,
  type RuntimeCommand,
} from "./runtime-commands.ts";
import { commandRefusal, isTrusted, refusalFor } from "./who-may.ts";

/** What is to be done, and by that what is answered. */
export type Plan =
  | { do: "pong" }
  /** Nothing but words, for whoever did it alone. */
  | { do: "reply"; text: string }
  /** The event is stored in that conversation; the answer comes later. */
  | { do: "defer-and-accept"; conversation: string; event: InboundEvent; isPrivate: boolean }
  | { do: "press"; conversation: string; press: Press }
  | { do: "suggest"; suggestion: Suggestion }
  /** The form of `/ask`. */
  | { do: "ask-form"; id: string; title: string };

/** What an option can be completed to. */
export type Suggestion =
  | { of: "providers" | "jobs"; typed: string }
  | { of: "facts"; typed: string; user: string }
  | { of: "nothing" };

const STALE = "This is from an earlier version of mine and does nothing any more.";
const NOTHING_ASKED = "There is nothing in it that I could read: I need some text or a file.";
const NO_CHANNEL =
  "Discord does not say which channel this is, so I cannot tell which conversation you mean.";

interface Planner {
  character: Agent["character"];
  settings: DiscordSettings;
  now: number;
}

/** Decides what becomes of an interaction. @param now Unix milliseconds. */
export function planInteraction(
  interaction: Interaction,
  { character }: Pick<Agent, "character">,
  now: number,
): Plan {
  const planner = { character, settings: discordSettings(character), now };
  switch (interaction.kind) {
    case "ping":
      return { do: "pong" };
    case "command":
      return refused(interaction, planner) ?? planCommand(interaction, planner);
    case "autocomplete":
      return { do: "suggest", suggestion: suggestionFor(interaction, planner) };
    case "component":
      return planComponent(interaction, planner);
    case "modal":
      return refused(interaction, planner) ?? planModal(interaction, planner);
    case "unknown":
      return reply(`I do not know what to do with ${interaction.what}.`);
    default:
      return interaction satisfies never;
  }
}

function reply(text: string): Plan {
  return { do: "reply", text };
}

function refused(happening: Happening, { settings }: Planner): Plan | null {
  const refusal = refusalFor(happening, settings);
  return refusal === null ? null : reply(refusal);
}

function planCommand(interaction: CommandInteraction, planner: Planner): Plan {
  const { name, use } = interaction;
  if (use.type === "entry-point") return askForm(planner, { isPrivate: false });
  const custom = planner.character.commands.find((each) => each.name === name && each.type === use.type);
  if (custom) return ask(interaction, askedByCustom(use, custom), { isPrivate: false }, planner);
  switch (use.type) {
    case "chat-input":
      if (name === "ask") return planAsk(interaction, use.options, planner);
      if (isControl(name)) return planControl(interaction, { name, ...use }, planner);
      return unknownCommand(`/${name}`);
    case "message":
      // By how it begins: an agent may have been renamed since its commands were registered.
      if (!isReservedCommand("message", name)) return unknownCommand(name);
      return ask(interaction, askedAboutMessage(use.target), { isPrivate: false }, planner);
    case "user":
      return unknownCommand(name);
    default:
      return use satisfies never;
  }
}

function unknownCommand(name: string): Plan {
  return reply(`I do not know the command “${name}” (any more). An operator can run \`rig commands sync\`.`);
}

function isControl(name: string): name is Exclude<RuntimeCommand, "ask"> {
  return name !== "ask" && (RUNTIME_COMMANDS as readonly string[]).includes(name);
}

function planAsk(interaction: CommandInteraction, options: CommandOptions, planner: Planner): Plan {
  const chosen = options.get("private");
  const isPrivate = chosen?.type === "boolean" && chosen.value;
  const question = askedByOptions(options);
  if (isEmpty(question)) return askForm(planner, { isPrivate });
  return ask(interaction, question, { isPrivate }, planner);
}

function askForm({ character }: Planner, chosen: { isPrivate: boolean }): Plan {
  const id = writeControlId({ action: "ask", ...chosen });
  return { do: "ask-form", id, title: askMessageName(character.name) };
}

function planModal(interaction: ModalInteraction, planner: Planner): Plan {
  const id = readControlId(interaction.customId);
  if (id?.action !== "ask") return reply(STALE);
  const { fields, files } = interaction;
  return ask(interaction, { text: fields.get(ASK_FIELDS.prompt) ?? "", files }, id, planner);
}

function isEmpty({ text, files }: Question): boolean {
  return text.trim() === "" && files.length === 0;
}

function ask(
  interaction: Happening,
  question: Question,
  { isPrivate }: { isPrivate: boolean },
  planner: Planner,
): Plan {
  if (isEmpty(question)) return reply(NOTHING_ASKED);
  const { text, files } = question;
  const attachments = files.length > 0 ? { attachments: files.slice(0, MAX_ATTACHMENTS) } : {};
  const conversation = isPrivate
    ? interactionConversation(interaction.id)
    : conversationOf(interaction, planner.settings);
  return accept(interaction, conversation, { text, ...attachments }, { isPrivate }, planner);
}

function planControl(
  interaction: CommandInteraction,
  given: {
    name: Exclude<RuntimeCommand, "ask">;
    subcommand: string | undefined;
    options: CommandOptions;
  },
  planner: Planner,
): Plan {
  const conversation = interaction.place.channel?.id;
  if (conversation === undefined && (given.name === "cancel" || given.name === "reset"))
    return reply(NO_CHANNEL);
  const command = readRuntimeCommand({ ...given, conversation: conversation ?? "" });
  return command ? control(interaction, command, planner) : unknownCommand(`/${given.name}`);
}

/** A command must not wait behind a turn, so it has a conversation of its own. */
function control(interaction: Happening, command: Command, planner: Planner): Plan {
  const refusal = commandRefusal(command, interaction.user, planner.settings);
  if (refusal !== null) return reply(refusal);
  const said = { text: tellCommand(command), command };
  return accept(interaction, interactionConversation(interaction.id), said, { isPrivate: true }, planner);
}

function accept(
  interaction: Happening,
  conversation: string,
  said: Pick<InboundEvent, "text" | "attachments" | "command">,
  { isPrivate }: { isPrivate: boolean },
  { now }: Planner,
): Plan {
  const { id, name } = interaction.user;
  const target = targetOf(interaction, isPrivate, now);
  const event = { id: interactionEventId(interaction.id), author: { id, name }, ...said, target };
  return { do: "defer-and-accept", conversation, event, isPrivate };
}

function targetOf(interaction: Happening, isPrivate: boolean, now: number): InteractionTarget {
  const { id, applicationId, token, user, place } = interaction;
  return {
    ...{ kind: "interaction", id, applicationId, token, isPrivate, userId: user.id },
    // From when Discord made it; where its clock is ahead of ours, from now.
    expiresAt: Math.min(snowflakeTime(id), now) + TOKEN_LIFE_MS,
    ...(place.channel && { channelId: place.channel.id }),
    ...(place.guildId !== undefined && { guildId: place.guildId }),
  };
}

/** That of the place, if a message there was answered in the place itself. */
function conversationOf(interaction: Happening, { threadMode }: DiscordSettings): string {
  const { context, channel } = interaction.place;
  if (!channel || context === "private-channel") return interactionConversation(interaction.id);
  const isInPlace =
    context === "bot-dm" ||
    !canStartThreads(channel.type) ||
    threadMode === "none" ||
    threadMode === "per-document";
  return isInPlace ? channel.id : interactionConversation(interaction.id);
}

function planComponent(interaction: ComponentInteraction, planner: Planner): Plan {
  const id = readControlId(interaction.customId);
  if (!id) return reply(STALE);
  switch (id.action) {
    case "stop":
    case "retry":
    case "approve":
    case "decline":
      return interaction.component === "button" ? planPress(interaction, id, planner) : reply(STALE);
    case "model": {
      const [model] = interaction.values;
      if (interaction.component !== "string-select" || model === undefined) return reply(STALE);
      return refused(interaction, planner) ?? control(interaction, { name: "model", model }, planner);
    }
    case "ask":
      return reply(STALE);
    default:
      return id satisfies never;
  }
}

function planPress(
  { user }: ComponentInteraction,
  { conversation, ...pressed }: Extract<ControlId, { conversation: string }>,
  { settings }: Planner,
): Plan {
  const by = { id: user.id, name: user.name, isTrusted: isTrusted(user, settings) };
  return { do: "press", conversation, press: { ...pressed, by } };
}

function suggestionFor(interaction: AutocompleteInteraction, { settings }: Planner): Suggestion {
  const { name, subcommand, option, typed, user } = interaction;
  if (refusalFor(interaction, settings) !== null) return { of: "nothing" };
  switch ([name, subcommand, option].filter((part) => part !== undefined).join(" ")) {
    case "use provider":
      return { of: "providers", typed };
    case "cron run job":
      return { of: "jobs", typed };
    case "memory forget fact":
      return { of: "facts", typed, user: user.id };
    default:
      return { of: "nothing" };
  }
}
