/** Small pieces that the readers of Discord's payloads share. */
import * as z from "zod";

/** An id of Discord's. */
export const snowflake = z.string().regex(/^\d{1,20}$/, "expected a snowflake");

/** What was read, or what is wrong with it, naming the field. */
export type Reading<T> = { value: T } | { problem: string };

/** Reads data from outside. `root`: what the data as a whole is called. */
export function readAs<T>(schema: z.ZodType<T>, data: unknown, root = "d"): Reading<T> {
  const reading = schema.safeParse(data);
  if (reading.success) return { value: reading.data };
  const problems = reading.error.issues.map(({ path, message }) => `${path.join(".") || root}: ${message}`);
  return { problem: problems.join("; ") };
}
