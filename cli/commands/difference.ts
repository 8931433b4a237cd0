/** What a sync would change: the commands of a character against those that Discord has. */
import { type Command, type CommandOption, MESSAGE, USER } from "./registered.ts";

/** One field of a command that differs; `options.prompt.description`. */
export interface FieldChange {
  field: string;
  /** As JSON; `undefined`: there is none. */
  before: string | undefined;
  after: string | undefined;
}

export interface CommandChange {
  command: string;
  fields: FieldChange[];
}

/** Commands are named as people meet them: `/ask`, `Ask Dev-E (message)`. */
export interface CommandDifference {
  added: string[];
  changed: CommandChange[];
  removed: string[];
  unchanged: string[];
}

/**
 * Compares commands by type and name, whatever their order.
 *
 * @param scope a guild's commands have no contexts and installations, whatever Discord says of them.
 */
export function compareCommands(
  registered: readonly Command[],
  wanted: readonly Command[],
  scope: "global" | "guild",
): CommandDifference {
  const before = new Map(registered.map((command) => [commandName(command), command]));
  const after = new Map(wanted.map((command) => [commandName(command), command]));
  const difference: CommandDifference = { added: [], changed: [], removed: [], unchanged: [] };
  for (const [name, command] of after) {
    const known = before.get(name);
    const fields = known && changedFields(fieldsOf(known, scope), fieldsOf(command, scope));
    if (fields === undefined) difference.added.push(name);
    else if (fields.length > 0) difference.changed.push({ command: name, fields });
    else difference.unchanged.push(name);
  }
  difference.removed = [...before.keys()].filter((name) => !after.has(name));
  return difference;
}

/** Whether Discord has everything as it should be. */
export function isSame({ added, changed, removed }: CommandDifference): boolean {
  return added.length + changed.length + removed.length === 0;
}

function commandName({ type, name }: Command): string {
  if (type === USER) return `${name} (user)`;
  return type === MESSAGE ? `${name} (message)` : `/${name}`;
}

function changedFields(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): FieldChange[] {
  const fields = [...new Set([...before.keys(), ...after.keys()])];
  const changes = fields
    .map((field) => ({ field, before: before.get(field), after: after.get(field) }))
    .filter((change) => change.before !== change.after);
  // What an option brings or takes along is told by the option.
  const options = changes.filter((change) => (change.before ?? change.after) === AN_OPTION);
  return changes.filter(({ field }) => !options.some((option) => field.startsWith(`${option.field}.`)));
}

/** Stands for an option as a whole. */
const AN_OPTION = "(an option)";

/** Every field under its path, as JSON; what is absent has no entry. */
function fieldsOf(command: Command, scope: "global" | "guild"): Map<string, string> {
  const { contexts, integration_types, type: _, name: __, ...everywhere } = command;
  return flatten(scope === "global" ? { ...everywhere, contexts, integration_types } : everywhere, "");
}

function flatten({ options, ...fields }: Record<string, unknown>, prefix: string): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [name, value] of Object.entries(fields)) {
    if (name.endsWith("_localizations")) {
      for (const [locale, text] of Object.entries(value as Record<string, string>))
        flat.set(`${prefix}${name}.${locale}`, JSON.stringify(text));
    } else if (!isAbsent(value)) flat.set(prefix + name, JSON.stringify(value));
  }
  const list = options as CommandOption[];
  // The order of options is the order in which they are asked for.
  if (list.length > 1) flat.set(`${prefix}options`, list.map(({ name }) => name).join(", "));
  for (const { name, ...option } of list) {
    const path = `${prefix}options.${name}`;
    flat.set(path, AN_OPTION);
    for (const [field, value] of flatten(option as Record<string, unknown>, `${path}.`))
      flat.set(field, value);
  }
  return flat;
}

function isAbsent(value: unknown): boolean {
  return value === null || value === false || value === "" || (Array.isArray(value) && value.length === 0);
}
