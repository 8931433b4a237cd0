/** Reads what is typed into the composer as a slash command: `/name option:value option:value`. Pure. */
import type { APIApplicationCommand, APIApplicationCommandOption } from "discord-api-types/v10";

/** Something that can be called: a command, or a subcommand with the words before it. */
export interface SlashCommand {
  /** Without the slash: `memory forget`. */
  words: string;
  description: string;
  options: readonly SlashOption[];
}

/** What the composer has to know of an option. */
export interface SlashOption {
  name: string;
  description: string;
  type: number;
  required?: boolean;
  autocomplete?: boolean;
  choices?: readonly { name: string; value: string | number }[];
}

/** A call of a command as the world takes it. */
export interface SlashCall {
  name: string;
  values: Record<string, string | number | boolean>;
}

export type SlashReading =
  /** It begins with no command that there is. */
  { kind: "message" } | { kind: "call"; call: SlashCall } | { kind: "problem"; problem: string };

/** An option with what was typed for it. */
export interface TypedOption {
  option: SlashOption;
  text: string;
}

/** Discord's "Application Command Type" and "Application Command Option Type", as far as they are told apart here. */
const CHAT_INPUT = 1;
export const OPTION = {
  subcommandGroup: 2,
  integer: 4,
  boolean: 5,
  user: 6,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const;

/** Every command and subcommand that can be typed. */
export function slashCommands(commands: readonly APIApplicationCommand[]): SlashCommand[] {
  return commands
    .filter(({ type }) => type === CHAT_INPUT)
    .flatMap(({ name, description, ...rest }) =>
      within(name, description, ("options" in rest ? rest.options : undefined) ?? []),
    );
}

function within(
  words: string,
  description: string,
  options: readonly APIApplicationCommandOption[],
): SlashCommand[] {
  const inner = options.filter(({ type }) => type <= OPTION.subcommandGroup);
  if (inner.length === 0) return [{ words, description, options }];
  return inner.flatMap((option) => {
    const below = ("options" in option ? option.options : undefined) ?? [];
    return within(`${words} ${option.name}`, option.description, below);
  });
}

/** The command that a text begins with, and what follows it. */
export function commandOf(
  text: string,
  commands: readonly SlashCommand[],
): { command: SlashCommand; rest: string } | undefined {
  for (const command of commands) {
    const start = `/${command.words}`;
    if (text === start) return { command, rest: "" };
    if (text.startsWith(start) && /\s/.test(text.charAt(start.length)))
      return { command, rest: text.slice(start.length + 1) };
  }
  return undefined;
}

/**
 * Options in the order in which they are typed. Text before the first name belongs to the first option that can be typed:
 * `/ask what is new` is `/ask prompt:what is new`.
 *
 * @returns text that belongs to no option as `surplus`
 */
export function typedOptions(
  { options }: SlashCommand,
  rest: string,
): { typed: TypedOption[]; surplus: string } {
  const writable = options.filter(({ type }) => type !== OPTION.attachment);
  const byName = new Map(writable.map((option) => [option.name, option]));
  // No name is empty, so that without options nothing matches.
  const names = [...byName.keys()].join("|") || "(?!)";
  const [before = "", ...parts] = rest.split(new RegExp(`(?:^|(?<=\\s))(${names}):`, "u"));
  const typed: TypedOption[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const option = byName.get(parts[at] ?? "");
    if (option !== undefined) typed.push({ option, text: parts[at + 1] ?? "" });
  }
  if (before.trim() === "") return { typed, surplus: "" };
  const [first] = writable;
  if (first === undefined || typed.some(({ option }) => option === first)) return { typed, surplus: before };
  return { typed: [{ option: first, text: before }, ...typed], surplus: "" };
}

/** @param idOf the id of who or what is meant by a name, where the page knows it */
export function readSlash(
  text: string,
  commands: readonly SlashCommand[],
  idOf: (name: string) => string | undefined,
): SlashReading {
  const found = commandOf(text.trim(), commands);
  if (found === undefined) return unfinished(text, commands);
  const { command, rest } = found;
  const { typed, surplus } = typedOptions(command, rest);
  if (surplus !== "") return problem(`/${command.words} does not take “${surplus.trim()}”.`);
  const values: SlashCall["values"] = {};
  for (const { option, text: written } of typed) {
    const value = readValue(option, written.trim(), idOf);
    if (value === undefined) return problem(`${option.name} must be ${expectedOf(option)}.`);
    values[option.name] = value;
  }
  return { kind: "call", call: { name: command.words, values } };
}

function unfinished(text: string, commands: readonly SlashCommand[]): SlashReading {
  const [word = ""] = text.trim().split(/\s/, 1);
  const subcommands = commands.filter(({ words }) => `/${words}`.startsWith(`${word} `));
  if (word === "/" || subcommands.length === 0) return { kind: "message" };
  return problem(`Expected one of ${subcommands.map(({ words }) => `/${words}`).join(", ")}.`);
}

function problem(text: string): SlashReading {
  return { kind: "problem", problem: text };
}

function readValue(
  { type, choices = [] }: SlashOption,
  text: string,
  idOf: (name: string) => string | undefined,
): string | number | boolean | undefined {
  if (choices.length > 0)
    return choices.find(({ name, value }) => name === text || String(value) === text)?.value;
  if (type === OPTION.boolean) return { true: true, false: false }[text.toLowerCase()];
  if (type === OPTION.integer || type === OPTION.number) {
    const number = Number(text);
    return text === "" || Number.isNaN(number) ? undefined : number;
  }
  if (!isOfId(type)) return text;
  return /^\d+$/.test(text) ? text : idOf(text.replace(/^[@#]/, ""));
}

function isOfId(type: number): boolean {
  return type >= OPTION.user && type <= OPTION.mentionable;
}

function expectedOf({ type, choices = [] }: SlashOption): string {
  if (choices.length > 0) return `one of ${choices.map(({ name }) => name).join(", ")}`;
  if (type === OPTION.boolean) return "true or false";
  return isOfId(type) ? "the name or id of somebody or something here" : "a number";
}
