/** What the three APIs of the model server have in common. */
import * as z from "zod";
import type { Conversation, Reply } from "./model-server-script.ts";

/** A request that the real API would refuse, in its words. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly type: string;
  readonly code: string | null;

  constructor(status: number, type: string, message: string, code: string | null = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
  }
}

/** A 400 of either vendor. */
export function badRequest(message: string, code: string | null = null): ApiProblem {
  return new ApiProblem(400, "invalid_request_error", message, code);
}

/** One server-sent event. */
export interface Frame {
  /** `event:` field; `null` for streams without names. */
  event: string | null;
  data: unknown;
  /** A piece of the answer: the server pauses before it when told to be slow. */
  paced?: boolean;
}

/** A request in order, reduced to what the answer depends on. */
export interface ReadRequest {
  conversation: Conversation;
  maxTokens: number;
  /** Makes the events of an answer; `cut`: it did not fit into `maxTokens`. */
  frames(reply: Reply, options: { pieces: number; cut: boolean }): Frame[];
}

/** One API of the model server. */
export interface Dialect {
  paths: readonly string[];
  /** Reads and judges a request. @throws ApiProblem for what the real API would refuse. */
  read(body: unknown, headers: Record<string, string | undefined>): ReadRequest;
  errorBody(problem: { status: number; type: string; message: string; code: string | null }): unknown;
  /** The event with which the API reports a failure inside a stream. */
  errorFrame(): Frame;
  /** Name of the header that carries the request's id. */
  requestIdHeader: string;
  /** `type` of the error body of a bare status code. */
  errorType(status: number): string;
}

/** Rule for tool names that both vendors share. */
export const toolName = z
  .string()
  .regex(/^[a-zA-Z0-9_-]{1,64}$/, "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");

/** Schema of a tool's arguments: an object schema. */
export const toolSchema = z.looseObject({
  type: z.literal("object"),
  properties: z.record(z.string(), z.unknown()).optional(),
});

/** Media types of images that both vendors take. */
export const imageType = z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** An image's base64: standard alphabet, padded, at most 5 MB. */
export const imageBytes = z
  .base64("invalid base64 data")
  .min(1, "image cannot be empty")
  .max(5 * 1024 * 1024, "image exceeds 5 MB maximum");

/** @throws ApiProblem for an image that the API could not download: one whose URL has "gone" in it. */
export function judgeImageUrls(urls: readonly string[]): void {
  if (urls.some((url) => url.includes("gone"))) throw badRequest("Unable to download the file.");
}

/** Reads `body` by `schema`. @throws ApiProblem 400 with the path of the first problem. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badRequest(`${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "invalid"}`);
}

/** @throws ApiProblem when two of `names` are the same. */
export function requireUniqueTools(names: readonly string[]): void {
  if (new Set(names).size < names.length) throw badRequest("tools: Tool names must be unique.");
}
