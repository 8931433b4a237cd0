import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An answer to a request that cannot be served; becomes `{"error":{"code","message"}}`. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: ContentfulStatusCode;
  /** Stable, snake_case; for programs. */
  readonly code: string;

  /** @param message what is wrong and what was expected; for people, and free of secrets. */
  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Writes an error the way every route does. */
export function errorResponse(c: Context, { status, code, message }: RequestError): Response {
  return c.json({ error: { code, message } }, status);
}
