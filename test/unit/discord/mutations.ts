/** Every way in which one field of a payload may be otherwise than Discord documents it. */

/** A payload in which one thing is changed. */
export interface Mutation {
  /** Where, such as `member.roles.0`. */
  path: string;
  change: string;
  payload: unknown;
}

const gone = Symbol("gone");

const replacements: readonly [string, unknown][] = [
  ["removed", gone],
  ["null", null],
  ["a number", 7],
  ["a text", "text"],
  ["true", true],
  ["a list", [1]],
  ["an object", { odd: [] }],
  ["empty", ""],
];

/** Each field at any depth, and each item of a list, in each of these ways. */
export function mutationsOf(payload: unknown): Mutation[] {
  return pathsOf(payload).flatMap((path) =>
    replacements.map(([change, value]) => ({
      path: path.join("."),
      change,
      payload: changed(payload, path, value),
    })),
  );
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsOf(inner).map((path) => [key, ...path]),
  ]);
}

function changed(data: unknown, [key, ...below]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof data !== "object" || data === null) return data;
  const entries = Object.entries(data)
    .map(([name, inner]) => [name, name === key ? changed(inner, below, value) : inner] as const)
    .filter(([, inner]) => inner !== gone);
  return Array.isArray(data) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
