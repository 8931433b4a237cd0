/** Small steps with the fields of values. */
import type { JsonObject } from "./values-file.ts";

/** Whether a value says nothing: many values files repeat the chart's empty defaults. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "";
}

/** The fields that say something. */
export function withoutEmpty(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

/** The fields that are there under other names. @param names the new name of each. */
export function renamed(fields: JsonObject, names: Readonly<Record<string, string>>): JsonObject {
  const found = Object.entries(names).filter(([before]) => fields[before] !== undefined);
  return Object.fromEntries(found.map(([before, now]) => [now, fields[before]]));
}
