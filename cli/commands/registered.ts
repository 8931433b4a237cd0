/**
 * Application commands in one form, whether they are to be registered or Discord says that they are: what Discord fills in
 * is filled in, and what it adds (ids, versions, deprecated fields) is left out, so that the two can be compared.
 *
 * @see https://docs.discord.com/developers/interactions/application-commands#application-command-object
 */
import * as z from "zod";

/** Numbers of Discord's command types. */
export const CHAT_INPUT = 1;
export const USER = 2;
export const MESSAGE = 3;
/** Discord makes one itself for an application with Activities, and does not let a bulk overwrite take it away. */
export const ENTRY_POINT = 4;

/** What is not there, `null` and empty are one. */
const localizations = z
  .record(z.string(), z.string())
  .nullish()
  .transform((texts) => texts ?? {});
/** Discord lists sets in an order of its own. */
const numberSet = z
  .array(z.int())
  .nullish()
  .transform((numbers) => (numbers ? [...new Set(numbers)].sort((a, b) => a - b) : null));
const isSet = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const limit = z
  .number()
  .nullish()
  .transform((value) => value ?? null);
/** A set of permissions, which is read as a number and as text. */
const permissions = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((bits) => (bits == null ? null : String(bits)));

const told = {
  name: z.string(),
  name_localizations: localizations,
  description: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  description_localizations: localizations,
};

const choice = z.object({
  name: z.string(),
  name_localizations: localizations,
  value: z.union([z.string(), z.number()]),
});

const option = z.object({
  ...told,
  type: z.int(),
  required: isSet,
  autocomplete: isSet,
  min_value: limit,
  max_value: limit,
  min_length: limit,
  max_length: limit,
  channel_types: numberSet,
  choices: z
    .array(choice)
    .nullish()
    .transform((choices) => choices ?? []),
  get options() {
    return optionList;
  },
});
const optionList: z.ZodType<CommandOption[]> = z
  .array(z.lazy(() => option))
  .nullish()
  .transform((options) => options ?? []);

/** One option, or a subcommand with options of its own. */
export interface CommandOption {
  name: string;
  options: CommandOption[];
  [field: string]: unknown;
}

const command = z.object({
  ...told,
  type: z
    .int()
    .nullish()
    .transform((type) => type ?? CHAT_INPUT),
  default_member_permissions: permissions,
  nsfw: isSet,
  integration_types: numberSet,
  contexts: numberSet,
  options: optionList,
});

/** A command, with every field that is compared. */
export type Command = z.infer<typeof command>;

/**
 * Reads a command that is to be registered, or that Discord has.
 *
 * @throws z.ZodError for what is no command.
 */
export function readCommand(data: unknown): Command {
  return command.parse(data);
}

/** Fields of an entry point that keep it as it is when they are sent back. */
const entryPoint = z.object({
  id: z.string(),
  type: z.literal(ENTRY_POINT),
  name: z.string(),
  name_localizations: z.record(z.string(), z.string()).nullish(),
  description: z.string().nullish(),
  description_localizations: z.record(z.string(), z.string()).nullish(),
  default_member_permissions: z.string().nullish(),
  integration_types: z.array(z.int()).nullish(),
  contexts: z.array(z.int()).nullish(),
  handler: z.int().nullish(),
});

export type EntryPoint = z.infer<typeof entryPoint>;

/** What Discord has registered. */
export interface Registered {
  commands: Command[];
  /** As it has to be sent along to stay. */
  entryPoint: EntryPoint | null;
}

const typed = z.object({ type: z.int().optional() });

/** Discord's list of an application's commands, with its localisations ("Get Global" and "Get Guild Application Commands"). */
export const registered: z.ZodType<Registered> = z.array(z.unknown()).transform((list, context) => {
  const isEntryPoint = (each: unknown) => typed.safeParse(each).data?.type === ENTRY_POINT;
  const found = list.find(isEntryPoint);
  const commands = z.array(command).safeParse(list.filter((each) => !isEntryPoint(each)));
  const entry = entryPoint.nullable().safeParse(found ?? null);
  for (const { error } of [commands, entry])
    for (const { path, message } of error?.issues ?? []) context.addIssue({ code: "custom", path, message });
  return { commands: commands.data ?? [], entryPoint: entry.data ?? null };
});
