/** Options of a slash command, from what a person types ("Application Command Interaction Data Option"). */
import type { APIApplicationCommand, APIApplicationCommandOption } from "discord-api-types/v10";
import { fileOf, type UserFile } from "../files.ts";
import type { Store } from "../store.ts";
import type { Resolved } from "./resolved.ts";

/** A text, a number, a choice's value, the id of who or what was chosen, or a file. */
export type OptionValue = string | number | boolean | UserFile;

const OPTION = {
  subcommand: 1,
  subcommandGroup: 2,
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

/** An option in an interaction's data. */
export interface SentOption {
  name: string;
  type: number;
  value?: string | number | boolean;
  options?: SentOption[];
  focused?: true;
}

interface Typed {
  store: Store;
  command: APIApplicationCommand;
  /** Words after the command's name: subcommand, or group and subcommand. */
  path: readonly string[];
  values: Readonly<Record<string, OptionValue>>;
  resolved: Resolved;
  /** The option that is being typed; with it, nothing has to be complete or right. */
  focused?: string;
}

/** @throws Error where a real client would not let one send */
export function optionsOf({ command, path, ...typed }: Typed): SentOption[] {
  const defined = "options" in command ? (command.options ?? []) : [];
  return within(defined, path, { ...typed, shown: `/${command.name}` });
}

type Typing = Omit<Typed, "command" | "path"> & { shown: string };

function within(
  defined: readonly APIApplicationCommandOption[],
  [word, ...rest]: readonly string[],
  typing: Typing,
): SentOption[] {
  const hasSubcommands = defined.some(({ type }) => type <= OPTION.subcommandGroup);
  if (!hasSubcommands) {
    if (word !== undefined) throw new Error(`${typing.shown} has no subcommand ${word}.`);
    return leaves(defined, typing);
  }
  const option = defined.find(({ name }) => name === word);
  if (option === undefined) throw new Error(`${typing.shown} needs a subcommand, ${word} is none of them.`);
  const inner = ("options" in option ? option.options : undefined) ?? [];
  const shown = `${typing.shown} ${option.name}`;
  return [{ name: option.name, type: option.type, options: within(inner, rest, { ...typing, shown }) }];
}

function leaves(defined: readonly APIApplicationCommandOption[], typing: Typing): SentOption[] {
  const { values, focused, shown } = typing;
  const unknown = Object.keys(values).find((name) => !defined.some((option) => option.name === name));
  if (unknown !== undefined) throw new Error(`${shown} has no option ${unknown}.`);
  return defined.flatMap((option): SentOption[] => {
    const value = values[option.name];
    const { name, type } = option;
    if (value === undefined) {
      if (option.required && focused === undefined) throw new Error(`${shown} needs the option ${name}.`);
      return [];
    }
    if (name === focused) {
      if (!("autocomplete" in option && option.autocomplete))
        throw new Error(`${name} of ${shown} is not autocompleted.`);
      // What is being typed comes as text, whatever it is to become.
      return [{ name, type, value: String(value), focused: true }];
    }
    return [{ name, type, value: sentValue(option, value, typing) }];
  });
}

function sentValue(option: APIApplicationCommandOption, value: OptionValue, typing: Typing) {
  const { store, resolved, shown } = typing;
  const wrong = (expected: string) => new Error(`${option.name} of ${shown} must be ${expected}.`);
  if (typeof value === "object") {
    if (option.type !== OPTION.attachment) throw wrong("no file");
    const file = fileOf(store, value);
    resolved.addAttachment(file);
    return file.id;
  }
  switch (option.type as number) {
    case OPTION.string:
      if (typeof value !== "string") throw wrong("text");
      break;
    case OPTION.integer:
      if (!Number.isSafeInteger(value)) throw wrong("an integer");
      break;
    case OPTION.number:
      if (typeof value !== "number") throw wrong("a number");
      break;
    case OPTION.boolean:
      if (typeof value !== "boolean") throw wrong("true or false");
      break;
    case OPTION.user:
      resolved.addUser(String(value));
      break;
    case OPTION.channel:
      resolved.addChannel(String(value));
      break;
    case OPTION.role:
      resolved.addRole(String(value));
      break;
    case OPTION.mentionable:
      resolved.addMentionable(String(value));
      break;
    default:
      throw wrong("a file");
  }
  demandBounds(option, value, wrong);
  return value;
}

function demandBounds(
  option: APIApplicationCommandOption,
  value: string | number | boolean,
  wrong: (expected: string) => Error,
): void {
  const bounds = option as {
    choices?: { value: string | number }[];
    min_value?: number;
    max_value?: number;
    min_length?: number;
    max_length?: number;
  };
  const { choices = [] } = bounds;
  if (choices.length > 0 && !choices.some((choice) => choice.value === value))
    throw wrong(`one of ${choices.map((choice) => choice.value).join(", ")}`);
  const [size, min, max] =
    typeof value === "number"
      ? [value, bounds.min_value, bounds.max_value]
      : [String(value).length, bounds.min_length, bounds.max_length];
  if (size < (min ?? Number.NEGATIVE_INFINITY) || size > (max ?? Number.POSITIVE_INFINITY))
    throw wrong(`between ${min} and ${max}`);
}
