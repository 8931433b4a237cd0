/** `commands`: application commands of the character's own, each of which asks the agent something. */
import * as z from "zod";
import { isReservedCommand, reservedNames } from "../../interaction/runtime-commands.ts";
import { placeholdersOf } from "../../prompt/template.ts";
import { someText } from "./text.ts";

/** Limits and rules here are those of Discord's "Application Commands". */
const MAX_NAME = 32;
const MAX_DESCRIPTION = 100;
const MAX_OPTIONS = 25;
const MAX_CHOICES = 25;
const MAX_CHOICE = 100;
/** All names, descriptions and values of one command together. */
const MAX_COMMAND = 8_000;
/** Commands of a kind that an application has, less those of the runtime. */
const MAX_COMMANDS = { "chat-input": 90, user: 15, message: 14 } as const;

/** Where a command is found: as `/name`, or in the menu of a user or of a message. */
export const commandTypes = ["chat-input", "user", "message"] as const;

/** What a person gives with a command. */
export const optionTypes = [
  "string",
  "integer",
  "number",
  "boolean",
  "user",
  "channel",
  "role",
  "mentionable",
  "attachment",
] as const;

const nameExpectation = "lower-case letters, digits, - or _, as Discord wants it";

function isPlainName(name: string): boolean {
  return name === name.toLowerCase() && /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]+$/u.test(name);
}

const description = z
  .string()
  .min(1)
  .max(MAX_DESCRIPTION, { error: `at most ${MAX_DESCRIPTION} characters` });

const choiceText = z
  .string()
  .min(1)
  .max(MAX_CHOICE, { error: `at most ${MAX_CHOICE} characters` });

const choice = z.object({
  name: choiceText.describe("What is shown."),
  value: z
    .union([choiceText, z.number()], { error: "a text or a number, as the option's type says" })
    .describe("What the prompt is filled with."),
});

const name = someText.max(MAX_NAME, { error: `at most ${MAX_NAME} characters` });

const option = z.object({
  name: name
    .refine(isPlainName, { error: nameExpectation })
    .describe("Its name; the prompt says where its value goes with `{{name}}`."),
  description: description.describe("What it is for, as Discord shows it."),
  type: z.enum(optionTypes).describe("What can be given."),
  required: z
    .boolean()
    .default(false)
    .describe("Whether the command cannot be used without it. Required ones come first."),
  choices: z
    .array(choice)
    .max(MAX_CHOICES, { error: `at most ${MAX_CHOICES} choices` })
    .default([])
    .describe("The only values that can be given, for a string, an integer or a number. Empty: any."),
});

const command = z.object({
  name: name.describe("Its name; that of a chat-input command in lower case and without spaces."),
  type: z
    .enum(commandTypes)
    .default("chat-input")
    .describe("chat-input: /name. user, message: in the Apps menu of a user or of a message."),
  description: description
    .optional()
    .describe("What it does, as Discord shows it; chat-input commands need one."),
  options: z
    .array(option)
    .max(MAX_OPTIONS, { error: `at most ${MAX_OPTIONS} options` })
    .default([])
    .describe("What a person gives with a chat-input command."),
  prompt: someText.describe(
    "What the agent is asked, with `{{option}}` for what was given; for a user command with `{{user}}`, for a message command with `{{message}}` and `{{author}}`.",
  ),
});

/** One command of a character, as read. */
export type CustomCommand = z.infer<typeof command>;

/** One option of it. */
export type CustomOption = CustomCommand["options"][number];

/** A character's own commands, each of which can be registered and says what becomes of what is given with it. */
export const commandsSection = z.array(command).superRefine((commands, context) => {
  for (const [index, each] of commands.entries()) {
    const before = commands.slice(0, index).filter(({ type }) => type === each.type);
    for (const { path, expected } of [...problemsAmong(before, each), ...problemsOf(each)])
      context.addIssue({ code: "custom", path: [index, ...path], message: expected });
  }
});

interface FieldProblem {
  path: (string | number)[];
  expected: string;
}

function problemsAmong(before: readonly CustomCommand[], { name, type }: CustomCommand): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (before.some((other) => other.name === name))
    problems.push({ path: ["name"], expected: `a name that no ${type} command before it has` });
  if (before.length === MAX_COMMANDS[type])
    problems.push({ path: [], expected: `at most ${MAX_COMMANDS[type]} ${type} commands` });
  return problems;
}

function problemsOf(command: CustomCommand): FieldProblem[] {
  return [...nameProblems(command), ...optionProblems(command), ...promptProblems(command)];
}

function nameProblems(command: CustomCommand): FieldProblem[] {
  const { name, type } = command;
  const problems: FieldProblem[] = [];
  const isChatInput = type === "chat-input";
  if (isChatInput && !isPlainName(name)) problems.push({ path: ["name"], expected: nameExpectation });
  if (!isChatInput && name !== name.trim())
    problems.push({ path: ["name"], expected: "a name without spaces around it" });
  if (isReservedCommand(type, name))
    problems.push({
      path: ["name"],
      expected: `a name that is not the runtime's own (${reservedNames(type)})`,
    });
  if (isChatInput && command.description === undefined)
    problems.push({ path: ["description"], expected: "what the command does, as Discord shows it" });
  if (!isChatInput && command.description !== undefined)
    problems.push({ path: ["description"], expected: `nothing: Discord shows none for a ${type} command` });
  if (sizeOf(command) > MAX_COMMAND)
    problems.push({ path: ["options"], expected: `at most ${MAX_COMMAND} characters in all of the command` });
  return problems;
}

function sizeOf({ name, description, options }: CustomCommand): number {
  const texts = options.flatMap((option) => [
    option.name,
    option.description,
    ...option.choices.flatMap((each) => [each.name, String(each.value)]),
  ]);
  return [name, description ?? "", ...texts].join("").length;
}

function optionProblems({ type, options }: CustomCommand): FieldProblem[] {
  if (type !== "chat-input" && options.length > 0)
    return [{ path: ["options"], expected: `no options: a ${type} command has none` }];
  return options.flatMap((option, index) => {
    const before = options.slice(0, index);
    const problems: FieldProblem[] = choiceProblems(option);
    if (before.some(({ name }) => name === option.name))
      problems.push({ path: ["name"], expected: "a name that no option before it has" });
    if (option.required && before.some(({ required }) => !required))
      problems.push({ path: ["required"], expected: "required options before all others" });
    return problems.map(({ path, expected }) => ({ path: ["options", index, ...path], expected }));
  });
}

function choiceProblems({ type, choices }: CustomOption): FieldProblem[] {
  switch (type) {
    case "string":
    case "number":
    case "integer":
      return choices.flatMap((choice, index) => [
        ...(isOfType(choice.value, type)
          ? []
          : [{ path: ["choices", index, "value"], expected: VALUES[type] }]),
        ...(choices.slice(0, index).some(({ name }) => name === choice.name)
          ? [{ path: ["choices", index, "name"], expected: "a name that no choice before it has" }]
          : []),
      ]);
    case "boolean":
    case "user":
    case "channel":
    case "role":
    case "mentionable":
    case "attachment":
      return choices.length === 0
        ? []
        : [{ path: ["choices"], expected: "choices for a string, an integer or a number only" }];
    default:
      return type satisfies never;
  }
}

const VALUES = { string: "a text", integer: "a whole number", number: "a number" } as const;

function isOfType(value: string | number, type: keyof typeof VALUES): boolean {
  if (type === "string") return typeof value === "string";
  return type === "integer" ? Number.isSafeInteger(value) : typeof value === "number";
}

/** What a prompt may mention: what was given with the command, or what it was used on. */
function mentionable({ type, options }: CustomCommand): string[] {
  switch (type) {
    case "chat-input":
      return options.map(({ name }) => name);
    case "user":
      return ["user"];
    case "message":
      return ["message", "author"];
    default:
      return type satisfies never;
  }
}

/** Nobody gives something that the agent then does not hear of. A file comes with the question in any case. */
function promptProblems(command: CustomCommand): FieldProblem[] {
  const { type, prompt, options } = command;
  const mentioned = placeholdersOf(prompt);
  const known = mentionable(command);
  const unknown = mentioned.filter((name) => !known.includes(name));
  const names = known.map((name) => `{{${name}}}`).join(", ");
  const problems: FieldProblem[] = unknown.map((name) => ({
    path: ["prompt"],
    expected: `${names ? `placeholders of ${names} only` : "no placeholder, as there are no options"} (not {{${name}}})`,
  }));
  if (type !== "chat-input" && !mentioned.includes(type))
    problems.push({ path: ["prompt"], expected: `{{${type}}} in it: what the command was used on` });
  for (const [index, { name, type: kind }] of type === "chat-input" ? options.entries() : []) {
    if (kind === "attachment" || mentioned.includes(name)) continue;
    problems.push({ path: ["options", index, "name"], expected: `{{${name}}} in the command's prompt` });
  }
  return problems;
}
