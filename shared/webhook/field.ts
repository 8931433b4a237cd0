/** Reads fields of a payload that somebody else wrote: nothing in it is sure to be there. */

/** The value at a path such as `pull_request.head.ref` or `commits.0.message`; `undefined` where there is none. */
export function fieldAt(payload: unknown, path: string): unknown {
  let value = payload;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/**
 * The field as one line of text; `""` where there is none, and for what is no text, number or truth value.
 *
 * @param limit longest text in UTF-16 code units; what is longer ends in `…`.
 */
export function textAt(payload: unknown, path: string, limit = 200): string {
  const value = fieldAt(payload, path);
  if (typeof value === "string") return oneLine(value, limit);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The field as a list; empty where it is none. */
export function listAt(payload: unknown, path: string): readonly unknown[] {
  const value = fieldAt(payload, path);
  return Array.isArray(value) ? value : [];
}

/** Text without line breaks and control characters. */
export function oneLine(text: string, limit: number): string {
  const line = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  return line.length > limit ? `${line.slice(0, limit).replace(/[\uD800-\uDBFF]$/, "")}…` : line;
}
