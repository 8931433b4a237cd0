/**
 * The application commands of an agent, as Discord's API takes them (Discord, "Application Commands"): those of every
 * agent, and its character's own. Names are in English everywhere; descriptions are shown in other languages, too.
 */
import type {
  APIApplicationCommandBasicOption,
  APIApplicationCommandSubcommandOption,
  ApplicationIntegrationType,
  InteractionContextType,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import type { Character } from "../character/schema.ts";
import type { CustomCommand, CustomOption } from "../character/sections/commands.ts";
import { PERMISSIONS } from "../discord/permissions.ts";
import { type DiscordSettings, discordSettings } from "../discord/settings.ts";
import { ASK_MESSAGE_NAMES, DESCRIPTIONS, type Description } from "./descriptions.ts";
import { askMessageName, nameIn, type RuntimeCommand } from "./runtime-commands.ts";

/** A command to be registered. */
export type CommandDefinition =
  | RESTPostAPIChatInputApplicationCommandsJSONBody
  | RESTPostAPIContextMenuApplicationCommandsJSONBody;

/** Where a command is registered: everywhere the application is installed, or on one server alone. */
export type CommandScope = { kind: "global" } | { kind: "guild"; guildId: string };

/** Numbers of Discord's enumerations of the same names. */
const COMMAND_TYPE = { "chat-input": 1, user: 2, message: 3 } as const;
const SUB_COMMAND = 1;
const OPTION_TYPE = {
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const;
const INSTALLATION = { guild: 0, user: 1 } as const;
const CONTEXT = { guild: 0, botDm: 1, privateChannel: 2 } as const;

/** What changes an agent for everybody is shown to those who manage the server, unless its settings say otherwise. */
const FOR_MANAGERS = String(PERMISSIONS.MANAGE_GUILD);

/** All commands of an agent, in the order in which they are told to Discord. */
export function applicationCommands(character: Character, scope: CommandScope): CommandDefinition[] {
  const commands = [
    ...runtimeCommands(),
    askMessage(character.name),
    ...character.commands.map(customCommand),
  ];
  switch (scope.kind) {
    case "global":
      return commands.map((command) => ({ ...command, ...reachOf(discordSettings(character)) }));
    case "guild":
      // A guild's command is there alone, and says nothing of other places.
      return commands;
    default:
      return scope satisfies never;
  }
}

/** Where global commands are shown. An agent that answers no direct messages has none outside of servers. */
function reachOf({ install, dm }: Pick<DiscordSettings, "install" | "dm">): {
  integration_types: ApplicationIntegrationType[];
  contexts: InteractionContextType[];
} {
  const elsewhere = install.includes("user") ? [CONTEXT.botDm, CONTEXT.privateChannel] : [CONTEXT.botDm];
  return {
    integration_types: [...new Set(install.map((each) => INSTALLATION[each]))],
    contexts: [CONTEXT.guild, ...(dm ? elsewhere : [])],
  };
}

function runtimeCommands(): CommandDefinition[] {
  return [
    slash("ask", [
      text("ask prompt", "prompt"),
      option("ask file", { type: OPTION_TYPE.attachment, name: "file" }),
      option("ask private", { type: OPTION_TYPE.boolean, name: "private" }),
    ]),
    slash("status"),
    slash("provider"),
    { ...slash("use", [suggested("use provider", "provider")]), default_member_permissions: FOR_MANAGERS },
    { ...slash("model"), default_member_permissions: FOR_MANAGERS },
    slash("cancel"),
    slash("reset"),
    slash("memory", [
      subcommand("memory list", "list"),
      subcommand("memory forget", "forget", [suggested("memory forget fact", "fact")]),
    ]),
    slash("cost"),
    {
      ...slash("cron", [
        subcommand("cron list", "list"),
        subcommand("cron run", "run", [suggested("cron run job", "job")]),
      ]),
      default_member_permissions: FOR_MANAGERS,
    },
  ];
}

type DescriptionKey = keyof typeof DESCRIPTIONS;
type Options = RESTPostAPIChatInputApplicationCommandsJSONBody["options"];

function slash(name: RuntimeCommand, options?: Options): RESTPostAPIChatInputApplicationCommandsJSONBody {
  return { type: COMMAND_TYPE["chat-input"], name, ...described(name), ...(options && { options }) };
}

function subcommand(
  key: DescriptionKey,
  name: string,
  options?: APIApplicationCommandBasicOption[],
): APIApplicationCommandSubcommandOption {
  return { type: SUB_COMMAND, name, ...described(key), ...(options && { options }) };
}

/** @param key of its description. */
function option<Option extends { name: string }>(key: DescriptionKey, rest: Option) {
  return { ...rest, ...described(key) };
}

function text(key: DescriptionKey, name: string) {
  return option(key, { type: OPTION_TYPE.string, name, max_length: 6_000 });
}

/** A text that has to be given, for which there are suggestions while it is written. */
function suggested(key: DescriptionKey, name: string) {
  return option(key, { type: OPTION_TYPE.string, name, required: true, autocomplete: true });
}

function described(key: DescriptionKey) {
  const { en, ...others }: Description = DESCRIPTIONS[key];
  return { description: en, description_localizations: others };
}

function askMessage(characterName: string): CommandDefinition {
  const names = Object.entries(ASK_MESSAGE_NAMES).map(([locale, phrase]) => [
    locale,
    nameIn(phrase, characterName),
  ]);
  return {
    type: COMMAND_TYPE.message,
    name: askMessageName(characterName),
    name_localizations: Object.fromEntries(names),
  };
}

function customCommand({ type, name, description = "", options }: CustomCommand): CommandDefinition {
  if (type !== "chat-input") return { type: COMMAND_TYPE[type], name };
  return {
    type: COMMAND_TYPE[type],
    name,
    description,
    ...(options.length > 0 && { options: options.map(customOption) }),
  };
}

function customOption({ type, name, description, required, choices }: CustomOption) {
  // Which choices fit which type was checked when the character was read.
  return {
    type: OPTION_TYPE[type],
    name,
    description,
    ...(required && { required }),
    ...(choices.length > 0 && { choices }),
  } as APIApplicationCommandBasicOption;
}
