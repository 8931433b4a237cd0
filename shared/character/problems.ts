/** Reads a `character.json` and says in plain words what is wrong with it. */
import type * as z from "zod";
import { type Character, characterSchema } from "./schema.ts";

/** Where a value stands: object keys and array indexes from the top of the file. */
export type Path = readonly (string | number)[];

/** One thing that keeps a character from loading. */
export interface Problem {
  /** For people, such as `tools[0].endpoints[2].method`. */
  path: string;
  segments: Path;
  /** What stands there, never the value of a field that may hold a secret. */
  found: string;
  /** What may stand there. */
  expected: string;
}

/** A character, or everything that is wrong with it. */
export type CharacterReading = { character: Character } | { problems: Problem[] };

/** Reads a parsed `character.json`. Never throws for any JSON value. */
export function readCharacter(json: unknown): CharacterReading {
  const reading = characterSchema.safeParse(withoutNulls(json), { error: expectation });
  if (reading.success) return { character: reading.data };
  return { problems: reading.error.issues.flatMap(branchIssues).map((issue) => problem(issue, json)) };
}

/** Writes a path as people and editors do; the top of the file is `(root)`. */
export function formatPath(path: Path): string {
  const text = path
    .map((segment) => {
      if (typeof segment === "number") return `[${segment}]`;
      return /^[A-Za-z_$][\w$-]*$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
    })
    .join("");
  return text === "" ? "(root)" : text.replace(/^\./, "");
}

/** Deeper than any field of the format; a limit, so that a hostile file cannot exhaust the stack. */
const deepestField = 10;

/** The original took `null` for an absent field. In a list it still is a value, and a wrong one. */
function withoutNulls(value: unknown, depth = deepestField): unknown {
  if (depth === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, depth - 1));
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member, depth - 1)]));
}

interface LocatedIssue {
  path: PropertyKey[];
  message: string;
}

/** A union fails as a whole; where one of its forms fits on the outside, what is wrong inside it says more. */
function branchIssues(issue: z.core.$ZodIssue): LocatedIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const fitting = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0));
  if (fitting === undefined) return [issue];
  return fitting.flatMap(branchIssues).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

function problem(issue: LocatedIssue, json: unknown): Problem {
  const segments = issue.path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment));
  return { path: formatPath(segments), segments, found: describe(json, segments), expected: issue.message };
}

/** Below these names a value may be a secret, so only its kind is told. */
const confidential = new Set<string | number>([
  "headers",
  "env",
  "secret",
  "discordWebhookUrl",
  "webhook",
  "url",
  "args",
]);

function describe(json: unknown, path: Path): string {
  const value = valueAt(json, path);
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (value === "") return "an empty text";
  if (path.some((segment) => confidential.has(segment)))
    return typeof value === "string" ? "a text" : `a ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueAt(json: unknown, path: Path): unknown {
  let value = json;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<string | number, unknown>)[segment];
  }
  return value;
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** What zod wanted, as the end of the sentence "expected …". Messages written in the schema go before these. */
function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return kinds[issue.expected] ?? `a value of type ${issue.expected}`;
    case "invalid_value":
      return `${issue.values.length > 1 ? "one of " : ""}${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return issue.origin === "string" ? "a text that is not empty" : `${issue.minimum} or more`;
    case "too_big":
      return `${issue.maximum} or less`;
    default:
      return issue.message ?? "another value";
  }
}
