/** Commands of the application, global and of guilds ("Application Commands"). */
import type {
  APIApplicationCommand,
  APIApplicationCommandOption,
  RESTPutAPIApplicationCommandsJSONBody,
} from "discord-api-types/v10";
import { DiscordProblem, invalidField } from "../problem.ts";

/** One command as an application sends it. */
export type CommandRequest = RESTPutAPIApplicationCommandsJSONBody[number];

const CHAT_INPUT = 1;
const ENTRY_POINT = 4;
/** How many of which type an application may have ("Registering a Command"); the fourth is global only. */
const LIMITS: Readonly<Record<number, number>> = { 1: 100, 2: 15, 3: 15, 4: 1 };
/** Characters of names, descriptions and values of a command together. */
const MAX_CHARACTERS = 8000;
/** "Application Command Naming". */
const chatInputName = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;

type Path = readonly (string | number)[];

export class CommandBook {
  readonly #newId: () => string;
  readonly #applicationId: string;
  readonly #global = new Map<string, APIApplicationCommand>();
  readonly #ofGuild = new Map<string, Map<string, APIApplicationCommand>>();

  constructor(applicationId: string, newId: () => string) {
    this.#applicationId = applicationId;
    this.#newId = newId;
  }

  /** @param guildId absent: the global ones */
  list(guildId?: string): APIApplicationCommand[] {
    return [...this.#book(guildId).values()];
  }

  /** What a person may choose from in a guild, or with `undefined` in a DM. A guild's own hide global ones of the same name. */
  usable(guildId: string | undefined): APIApplicationCommand[] {
    const shown = new Map(this.#global);
    if (guildId !== undefined) for (const [key, command] of this.#book(guildId)) shown.set(key, command);
    return [...shown.values()];
  }

  /**
   * "Bulk Overwrite": what is not named is gone; what is there keeps its id, and its version while nothing changes.
   *
   * @throws DiscordProblem 30032 for too many, 50035 for what cannot be, 50240 where the entry point is left out
   */
  overwrite(commands: readonly CommandRequest[], guildId?: string): APIApplicationCommand[] {
    for (const [index, command] of commands.entries()) checkCommand(command, [index], guildId !== undefined);
    demandLimits(commands);
    demandUniqueNames(commands);
    const book = this.#book(guildId);
    const earlier = new Map(book);
    const isEntryPoint = ({ type }: { type?: number | undefined }) => type === ENTRY_POINT;
    if ([...earlier.values()].some(isEntryPoint) && !commands.some(isEntryPoint)) {
      const message = "You cannot remove this app's Entry Point command in a bulk update operation.";
      throw new DiscordProblem(400, 50240, message);
    }
    book.clear();
    for (const command of commands) {
      const key = keyOf(command);
      book.set(key, this.#made(command, earlier.get(key), guildId));
    }
    return this.list(guildId);
  }

  #book(guildId: string | undefined): Map<string, APIApplicationCommand> {
    if (guildId === undefined) return this.#global;
    const found = this.#ofGuild.get(guildId);
    if (found !== undefined) return found;
    const made = new Map<string, APIApplicationCommand>();
    this.#ofGuild.set(guildId, made);
    return made;
  }

  #made(
    command: CommandRequest,
    earlier: APIApplicationCommand | undefined,
    guildId: string | undefined,
  ): APIApplicationCommand {
    const id = earlier?.id ?? this.#newId();
    const made = {
      id,
      application_id: this.#applicationId,
      version: earlier?.version ?? id,
      ...(guildId === undefined ? globalFields(command) : { guild_id: guildId }),
      type: command.type ?? CHAT_INPUT,
      name: command.name,
      name_localizations: command.name_localizations ?? null,
      description: ("description" in command ? command.description : null) ?? "",
      description_localizations:
        ("description_localizations" in command ? command.description_localizations : null) ?? null,
      default_member_permissions: permissionsOf(command),
      nsfw: command.nsfw ?? false,
      ...("options" in command && command.options?.length ? { options: command.options } : {}),
      ...("handler" in command ? { handler: command.handler } : {}),
    } as APIApplicationCommand;
    if (earlier !== undefined && JSON.stringify(made) !== JSON.stringify(earlier))
      made.version = this.#newId();
    return made;
  }
}

function globalFields({ contexts, integration_types }: CommandRequest) {
  return {
    contexts: contexts ?? null,
    integration_types: integration_types ?? [0],
    dm_permission: contexts?.includes(1) ?? true,
  };
}

/** Discord takes a number or a string and answers a string. */
function permissionsOf({ default_member_permissions: bits }: CommandRequest): string | null {
  return bits === undefined || bits === null ? null : String(bits);
}

/** Type and name: two commands that differ in one of them are two. */
function keyOf({ type, name }: { type?: number | undefined; name: string }): string {
  return `${type ?? CHAT_INPUT} ${name}`;
}

function demandLimits(commands: readonly CommandRequest[]): void {
  const counts = new Map<number, number>();
  for (const { type = CHAT_INPUT } of commands) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const [type, count] of counts) {
    const limit = LIMITS[type] ?? 0;
    if (count > limit)
      throw new DiscordProblem(400, 30032, `Maximum number of application commands reached (${limit})`);
  }
}

function demandUniqueNames(commands: readonly CommandRequest[]): void {
  const seen = new Set<string>();
  for (const [index, command] of commands.entries()) {
    const key = keyOf(command);
    if (seen.has(key)) {
      throw invalidField(
        [index],
        "APPLICATION_COMMANDS_DUPLICATE_NAME",
        "Application command names must be unique",
      );
    }
    seen.add(key);
  }
}

function checkCommand(command: CommandRequest, path: Path, isOfGuild: boolean): void {
  const type: number = command.type ?? CHAT_INPUT;
  const description = ("description" in command ? command.description : null) ?? "";
  if (type === CHAT_INPUT) {
    checkName(command.name, path);
    checkDescription(description, path);
    checkOptions(("options" in command ? command.options : undefined) ?? [], path);
    if (charactersOf(command) > MAX_CHARACTERS) {
      throw invalidField(
        path,
        "APPLICATION_COMMAND_TOO_LARGE",
        `Must be ${MAX_CHARACTERS} or fewer characters`,
      );
    }
  } else if (type !== ENTRY_POINT && description !== "") {
    throw invalidField(
      [...path, "description"],
      "APPLICATION_COMMAND_INVALID_DESCRIPTION",
      "Context menu commands cannot have description",
    );
  }
  if (type === ENTRY_POINT && isOfGuild)
    throw invalidField([...path, "type"], "APPLICATION_COMMAND_INVALID_TYPE", "Entry points are global");
}

function checkName(name: string, path: Path): void {
  if (chatInputName.test(name) && name === name.toLowerCase()) return;
  throw invalidField(
    [...path, "name"],
    "APPLICATION_COMMAND_INVALID_NAME",
    "Command name is invalid: lower-case letters, digits, - and _ only",
  );
}

function checkDescription(description: string, path: Path): void {
  if (description.length >= 1 && description.length <= 100) return;
  throw invalidField(
    [...path, "description"],
    "BASE_TYPE_BAD_LENGTH",
    "Must be between 1 and 100 in length.",
  );
}

function checkOptions(options: readonly APIApplicationCommandOption[], path: Path): void {
  const names = new Set<string>();
  let hasOptional = false;
  for (const [index, option] of options.entries()) {
    const at = [...path, "options", index];
    checkName(option.name, at);
    checkDescription(option.description, at);
    if (names.has(option.name)) {
      throw invalidField(
        at,
        "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
        "Option name already exists in this options list",
      );
    }
    names.add(option.name);
    if ("options" in option) checkOptions(option.options ?? [], at);
    if (option.required && hasOptional) {
      throw invalidField(
        at,
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        "Required options must be placed before non-required options",
      );
    }
    hasOptional ||= !option.required;
    if ("autocomplete" in option && option.autocomplete && option.choices?.length) {
      throw invalidField(
        at,
        "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES",
        "Options with choices cannot be autocompleted",
      );
    }
  }
}

/** The longest localisation of a text counts, not their sum. */
function charactersOf(command: object): number {
  let sum = 0;
  const add = (text: unknown, localizations: unknown) => {
    const others = Object.values((localizations ?? {}) as Record<string, string | null>);
    sum += Math.max(...[String(text ?? ""), ...others.map((each) => each ?? "")].map(({ length }) => length));
  };
  const walk = (node: Record<string, unknown>) => {
    add(node.name, node.name_localizations);
    add(node.description, node.description_localizations);
    for (const choice of (node.choices ?? []) as Record<string, unknown>[])
      sum += `${choice.name}${choice.value}`.length;
    for (const option of (node.options ?? []) as Record<string, unknown>[]) walk(option);
  };
  walk(command as Record<string, unknown>);
  return sum;
}
