/** What requests bring, in the words of the conductor's errors. */
import type { Context } from "hono";
import * as z from "zod";
import { decodeUtf8 } from "../../body.ts";
import { RequestError } from "../../errors.ts";

/** A JSON body as it is. @throws RequestError 400, 415 */
export async function readBody(c: Context): Promise<unknown> {
  const type = c.req.header("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new RequestError(415, "unsupported_media_type", "Expected Content-Type application/json");
  }
  const text = decodeUtf8(await c.req.arrayBuffer());
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "invalid_json", "The body is not valid JSON");
  }
}

/** Fields of a body or a query. @throws RequestError 400, naming each field that is missing or invalid. */
export function readFields<T>(input: unknown, schema: z.ZodType<T>): T {
  const reading = schema.safeParse(input);
  if (reading.success) return reading.data;
  throw badFields(reading.error.issues.map((issue) => describe(issue, input)).join("; "));
}

/** The query, each parameter once. @throws RequestError 400 */
export function readQuery<T>(c: Context, schema: z.ZodType<T>): T {
  const queries = Object.entries(c.req.queries());
  const repeated = queries.find(([, values]) => values.length > 1);
  if (repeated) throw badFields(`Invalid field: ${repeated[0]}: expected it once`);
  return readFields(Object.fromEntries(queries.map(([name, [value]]) => [name, value])), schema);
}

/** A number in a query. */
export const queryNumber = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number);

function describe({ path, message }: z.core.$ZodIssue, input: unknown): string {
  if (path.length === 0) return `Invalid body: ${message}`;
  const value = path.length === 1 ? z.looseObject({}).safeParse(input).data?.[String(path[0])] : "";
  const name = path.join(".");
  return (value ?? null) === null ? `Missing required field: ${name}` : `Invalid field: ${name}: ${message}`;
}

function badFields(message: string): RequestError {
  return new RequestError(400, "invalid_request", message);
}
