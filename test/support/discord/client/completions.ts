/** What is offered while somebody types a slash command. Pure. */
import {
  commandOf,
  OPTION,
  type SlashCommand,
  type SlashOption,
  type TypedOption,
  typedOptions,
} from "./slash-command.ts";

/** One offer. */
export interface Completion {
  label: string;
  description: string;
  /** What stands in the composer once it is taken. */
  text: string;
}

export type Offer =
  /** `isEager`: Enter takes the first, for what is typed is nothing yet. */
  | { kind: "known"; completions: Completion[]; isEager: boolean }
  /** The application is asked how an option could go on. */
  | { kind: "ask"; question: Question };

/** How could this option of this command go on? */
export interface Question {
  name: string;
  option: string;
  typed: string;
  /** What the composer holds before the value. */
  before: string;
}

/** Most offers that Discord shows. */
const MAX_OFFERS = 25;
const NOTHING: Offer = { kind: "known", completions: [], isEager: false };

/** @param text all that stands in the composer */
export function offerFor(text: string, commands: readonly SlashCommand[]): Offer {
  if (!text.startsWith("/") || text.includes("\n")) return NOTHING;
  const found = commandOf(text, commands);
  if (found === undefined) return known(namesLike(text, commands), true);
  const { command, rest } = found;
  // What has been typed to its end is sent by Enter.
  if (text === `/${command.words}`)
    return known(
      namesLike(text, commands).filter(({ label }) => label !== text),
      false,
    );
  const { typed } = typedOptions(command, rest);
  const last = typed.at(-1) ?? firstOption(command);
  const named = known(
    optionsLike(text, command, typed).map((option) => nameCompletion(text, option)),
    false,
  );
  if (last === undefined) return named;
  const values = valuesFor(command, last, typed);
  return isEmpty(values) ? named : values;
}

/** The answer of the application as offers. */
export function answered(
  { before }: Question,
  choices: readonly { name: string; value: string | number }[],
): Completion[] {
  return choices.map(({ name, value }) => ({ label: name, description: "", text: `${before}${value}` }));
}

function known(completions: Completion[], isEager: boolean): Offer {
  return { kind: "known", completions: completions.slice(0, MAX_OFFERS), isEager };
}

function isEmpty(offer: Offer): boolean {
  return offer.kind === "known" && offer.completions.length === 0;
}

function namesLike(text: string, commands: readonly SlashCommand[]): Completion[] {
  return commands
    .filter(({ words }) => `/${words}`.startsWith(text.toLowerCase()))
    .map(({ words, description, options }) => ({
      label: `/${words}`,
      description,
      text: `/${words}${options.length > 0 ? " " : ""}`,
    }));
}

/** Options whose name is being typed, or any while nothing is. */
function optionsLike(text: string, { options }: SlashCommand, typed: readonly TypedOption[]): SlashOption[] {
  const word = /\S*$/.exec(text)?.[0] ?? "";
  const hasWords = typed.some(({ text: each }) => each.trim() !== "");
  if (word === "" && hasWords) return [];
  return options.filter(
    ({ name, type }) => type !== OPTION.attachment && name.startsWith(word) && !text.includes(` ${name}:`),
  );
}

function nameCompletion(text: string, { name, description }: SlashOption): Completion {
  return { label: `${name}:`, description, text: `${text.replace(/\S*$/, "")}${name}:` };
}

/** Before anything is typed, the first option is as good as named. */
function firstOption({ options }: SlashCommand): TypedOption | undefined {
  const [option] = options;
  return option?.autocomplete || option?.choices ? { option, text: "" } : undefined;
}

function valuesFor(command: SlashCommand, last: TypedOption, typed: readonly TypedOption[]): Offer {
  const { option, text } = last;
  const others = typed.filter((each) => each.option !== option);
  const written = others.map((each) => `${each.option.name}:${each.text.trim()} `).join("");
  const before = `/${command.words} ${written}${option.name}:`;
  if (option.autocomplete) {
    const question = { name: command.words, option: option.name, typed: text.trim(), before };
    return { kind: "ask", question };
  }
  const choices =
    option.type === OPTION.boolean ? [true, false].map((value) => ({ name: String(value) })) : option.choices;
  const completions = (choices ?? [])
    .filter(({ name }) => name.toLowerCase().startsWith(text.trim().toLowerCase()) && name !== text.trim())
    .map(({ name }) => ({ label: name, description: "", text: `${before}${name}` }));
  return known(completions, false);
}
