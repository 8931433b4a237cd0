/**
 * `npm run chart:readme` writes the tables of the chart's README: its values, from values.yaml and the comments there, and the
 * values that moved, from moved.yaml.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMap, isNode, isScalar, parse, parseDocument, type YAMLMap } from "yaml";
import * as z from "zod";

/** The chart's folder. */
export const chartDirectory = fileURLToPath(new URL("gateway-bridge/", import.meta.url));

/** A value of the chart: its place, what it is when nobody says anything, and what it means. */
export interface ChartValue {
  path: string;
  default: unknown;
  meaning: string;
}

const movedSchema = z.strictObject({
  /** Path → where it went. */
  release: z.record(z.string(), z.string()),
  agent: z.record(z.string(), z.string()),
});

/** Values of other charts that this one refuses: path → where it went; `<name>` stands for an agent. */
export function readMoved(movedYaml: string): ReadonlyMap<string, string> {
  const { release, agent } = movedSchema.parse(parse(movedYaml));
  const ofAgents = Object.entries(agent).map(([path, words]) => [`agents.<name>.${path}`, words] as const);
  return new Map([...Object.entries(release), ...ofAgents]);
}

/**
 * The values of a values.yaml in its order. A value's meaning is the comment above it; a map that has fields is its fields,
 * anything else is one value.
 *
 * @throws Error naming a value that has no comment.
 */
export function readValues(valuesYaml: string): ChartValue[] {
  const { contents } = parseDocument(valuesYaml);
  if (!isMap(contents)) throw new Error("values.yaml: expected a map");
  return valuesOf(contents, "");
}

/** The README as it should be. @throws Error naming what is wrong with the chart's files. */
export function currentReadme(): string {
  const read = (file: string) => readFileSync(chartDirectory + file, "utf8");
  return renderReadme(read("README.md"), read("values.yaml"), read("moved.yaml"));
}

/** The README's text with new tables. @throws Error when there is no place for one. */
export function renderReadme(readme: string, valuesYaml: string, movedYaml: string): string {
  const values = readValues(valuesYaml).map((value) => {
    const byDefault =
      Array.isArray(value.default) && value.default.length > 0 ? "see values.yaml" : codeOf(value.default);
    return `| \`${value.path}\` | ${byDefault} | ${cellOf(value.meaning)} |`;
  });
  const moved = [...readMoved(movedYaml)].map(([path, words]) => `| \`${path}\` | ${cellOf(words)} |`);
  const withValues = fill(readme, "values", [
    "| value | default | meaning |",
    "| --- | --- | --- |",
    ...values,
  ]);
  return fill(withValues, "moved", ["| value | where it went |", "| --- | --- |", ...moved]);
}

function valuesOf(map: YAMLMap, prefix: string): ChartValue[] {
  return map.items.flatMap(({ key, value }, position) => {
    if (!isScalar(key)) throw new Error(`values.yaml: ${prefix}: expected names`);
    const path = `${prefix}${key.value}`;
    if (isMap(value) && value.items.length > 0) return valuesOf(value, `${path}.`);
    // The comment above the first field is that of its map, and at the top of the file it follows the file's own.
    const comment = (position === 0 ? map.commentBefore : undefined) ?? key.commentBefore;
    const meaning = comment?.split("\n\n").at(-1)?.replaceAll(/\s+/g, " ").trim() ?? "";
    if (meaning === "")
      throw new Error(`values.yaml: ${path}: expected a comment above it that says what it means`);
    return [{ path, default: isNode(value) ? value.toJSON() : value, meaning }];
  });
}

function codeOf(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

/** Text that Markdown shows as it is, in a table. */
function cellOf(text: string): string {
  return text.replaceAll(/[<|]/g, "\\$&");
}

/** Replaces what stands between two comments of their own lines. */
function fill(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [start, stop] = [text.indexOf(begin), text.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`README.md: expected ${begin.trim()} and ${end}`);
  return `${text.slice(0, start + begin.length)}\n${lines.join("\n")}\n\n${text.slice(stop)}`;
}

if (import.meta.main) writeFileSync(`${chartDirectory}README.md`, currentReadme());
