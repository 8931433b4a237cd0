import type { Context } from "hono";
import type * as z from "zod";
import { RequestError } from "./errors.ts";

/**
 * Reads a request's JSON body.
 *
 * @throws RequestError 415 for another type, 400 for broken UTF-8, broken JSON or a field that is not as expected.
 */
export async function readJson<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const type = c.req.header("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new RequestError(
      415,
      "unsupported_media_type",
      `Expected Content-Type application/json, found ${type || "none"}.`,
    );
  }
  return parseBody(await c.req.arrayBuffer(), schema);
}

/**
 * Reads a JSON body whose bytes have been looked at already.
 *
 * @throws RequestError 400 for broken UTF-8, broken JSON or a field that is not as expected.
 */
export function parseBody<T>(body: ArrayBuffer, schema: z.ZodType<T>): T {
  const reading = schema.safeParse(parseJson(decodeUtf8(body)));
  if (reading.success) return reading.data;
  const problems = reading.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new RequestError(400, "invalid_body", problems.join("; "));
}

/** @throws RequestError 400 */
export function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new RequestError(400, "invalid_utf8", "The body is not valid UTF-8.");
  }
}

/** @throws RequestError 400 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "invalid_json", "The body is not valid JSON.");
  }
}
