/**
 * Small pieces that the readers of Discord's payloads share. A reader takes what it needs: what may be absent and makes no
 * sense is left out, and said.
 */
import * as z from "zod";

/** An id of Discord's. */
export const snowflake = z.string().regex(/^\d{1,20}$/, "expected a snowflake");

/** A list that may be absent. */
export function listOf<T>(item: z.ZodType<T>) {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

/**
 * What was read, or what is wrong with it, naming the field. `unread`: what is wrong with that which was left out; absent
 * where that is nothing.
 */
export type Reading<T> = { value: T; unread?: readonly string[] } | { problem: string };

/** How to read: `root` is what the data as a whole is called, in `needed` are fields that may be absent but not unreadable. */
export interface ReadingOptions {
  root?: string;
  /** Paths such as `author.bot`; what is below them is needed as well. */
  needed?: readonly string[];
}

/**
 * Reads data from outside. A field, or an item of a list, that makes no sense is left out as if it had not been sent; where
 * the schema cannot do without, what it is in is left out, and where that is the whole, there is a problem.
 */
export function readAs<T>(
  schema: z.ZodType<T>,
  data: unknown,
  { root = "d", needed = [] }: ReadingOptions = {},
): Reading<T> {
  const whole = schema.safeParse(data);
  if (whole.success) return { value: whole.data };
  const told = whole.error.issues.map(({ path, message }) => `${path.join(".") || root}: ${message}`);
  let [left, { error }] = [data, whole];
  for (;;) {
    const paths = error.issues.map(({ path }) => presentPath(left, path));
    if (paths.some((path) => path.length === 0 || isNeeded(path, needed)))
      return { problem: told.join("; ") };
    left = without(left, paths);
    const reading = schema.safeParse(left);
    if (reading.success) return { value: reading.data, unread: told };
    error = reading.error;
  }
}

type Path = readonly PropertyKey[];

function isNeeded(path: Path, needed: readonly string[]): boolean {
  const text = path.join(".");
  return needed.some((name) => text === name || text.startsWith(`${name}.`) || name.startsWith(`${text}.`));
}

/** The path as far as there is something at its end: what is missing is missed by what it is in. */
function presentPath(data: unknown, path: Path): Path {
  let at = data;
  for (const [depth, key] of path.entries()) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return path.slice(0, depth);
    at = (at as Record<PropertyKey, unknown>)[key];
    if (at === undefined) return path.slice(0, depth);
  }
  return path;
}

/** A copy without what is at the ends of the paths. */
function without(data: unknown, paths: readonly Path[]): unknown {
  if (typeof data !== "object" || data === null) return data;
  const entries = Object.entries(data).flatMap(([key, inner]) => {
    const below = paths.filter(([first]) => String(first) === key).map((path) => path.slice(1));
    if (below.some((path) => path.length === 0)) return [];
    return [[key, below.length === 0 ? inner : without(inner, below)] as const];
  });
  return Array.isArray(data) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
