/** How a difference of commands looks on a screen. */
import type { CommandDifference, FieldChange } from "./difference.ts";

/** Longest value of a field that is shown in full, in characters. */
const MAX_VALUE = 70;

/** One line for each command that differs, with one below for each of its fields; `""` where none does. */
export function renderDifference({ added, changed, removed, unchanged }: CommandDifference): string {
  const lines = [
    ...added.map((name) => `  + ${name}`),
    ...changed.flatMap(({ command, fields }) => [`  ~ ${command}`, ...fields.map(renderField)]),
    ...removed.map((name) => `  - ${name}`),
    ...(unchanged.length > 0 ? [`    ${unchanged.length} unchanged`] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Such as `2 to add, 1 to change`. */
export function summarize({ added, changed, removed }: CommandDifference): string {
  const counts: [number, string][] = [
    [added.length, "to add"],
    [changed.length, "to change"],
    [removed.length, "to remove"],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(", ");
}

function renderField({ field, before, after }: FieldChange): string {
  return `      ${field}: ${shown(before)} → ${shown(after)}`;
}

function shown(value: string | undefined): string {
  if (value === undefined) return "(none)";
  return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE - 1)}…` : value;
}
