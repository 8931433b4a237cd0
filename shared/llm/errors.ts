/**
 * What went wrong with a model call: the APIs' errors in our terms, and our terms in a user's words.
 */
import * as z from "zod";
import { ProviderError, type ProviderErrorCode, type ProviderName } from "./provider.ts";

/** Longest message of an API kept for the operator, in UTF-16 code units. */
const MAX_MESSAGE = 500;

/**
 * The part of both SDKs' error objects that is read here. Their classes are not imported: the SDKs are loaded on first
 * use only, and a minified bundle has no class names to go by.
 */
const sdkError = z.object({
  message: z.string().catch(""),
  status: z.number().int().optional().catch(undefined),
  /** Anthropic's own sentence; its `message` is the whole body. */
  apiMessage: z.string().nullish().catch(null),
  /** Anthropic: `invalid_request_error`; OpenAI: `invalid_request_error`, `tokens`, `insufficient_quota` … */
  type: z.string().nullish().catch(null),
  /** OpenAI's finer word for the cause, such as `context_length_exceeded`. */
  code: z.string().nullish().catch(null),
  /** Anthropic's finer word for the cause, such as `enforced_spend_limit_reached`. */
  errorCode: z.string().nullish().catch(null),
  requestID: z.string().nullish().catch(null),
  headers: z.instanceof(Headers).optional().catch(undefined),
});

/** Where and when a call failed. */
export interface FailureContext {
  provider: ProviderName;
  /** `stream`: the answer had begun, so a broken connection means that it was cut off. */
  phase: "request" | "stream";
  /** Values that must not appear in the error. */
  secrets: readonly string[];
  /** Unix time in milliseconds; dates in `retry-after` are relative to it. */
  now: number;
}

/** What was thrown, in words; what cannot be made into any (a `toString` that is none) says what kind of thing it is. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}

/**
 * Turns whatever an SDK threw into a {@link ProviderError}. The original is not kept as `cause`: its message, body and
 * headers may hold the key.
 */
export function toProviderError(error: unknown, context: FailureContext): ProviderError {
  if (error instanceof ProviderError) return error;
  const parsed = sdkError.safeParse(error);
  const failure = parsed.success ? parsed.data : { message: textOf(error) };
  const detail = {
    status: failure.status,
    type: failure.type ?? "",
    code: failure.code ?? failure.errorCode ?? "",
  };
  const code = classify({ ...detail, message: failure.message }, context.phase);
  const retryAfterMs =
    failure.headers === undefined ? undefined : readRetryAfter(failure.headers, context.now);
  const words = [failure.apiMessage ?? failure.message, detail.code || detail.type, connectionCause(error)];
  const message = [...new Set(words)].filter((word) => word !== "").join(" · ");
  return new ProviderError(code, context.provider, redact(message, context.secrets), {
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(failure.requestID ? { requestId: failure.requestID } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** What a failure is judged by; words that the API left out are empty. */
interface Failure {
  status: number | undefined;
  type: string;
  code: string;
  message: string;
}

function classify(failure: Failure, phase: FailureContext["phase"]): ProviderErrorCode {
  const { status, message } = failure;
  const kind = `${failure.type} ${failure.code}`;
  // Both APIs report an empty account under codes that would otherwise be retried or blamed on the request.
  if (/insufficient_quota|spend_limit|billing/.test(kind) || /credit balance/i.test(message))
    return "permission";
  if (/context_length_exceeded|request_too_large/.test(kind) || status === 413) return "context_too_long";
  if (/authentication_error|invalid_api_key/.test(kind) || status === 401) return "authentication";
  if (/permission_error/.test(kind) || status === 402 || status === 403) return "permission";
  if (/not_found_error|model_not_found/.test(kind) || status === 404) return "model_not_found";
  if (/rate_limit/.test(kind) || status === 429) return "rate_limited";
  if (/overloaded/.test(`${kind} ${message}`) || status === 529) return "overloaded";
  if (/prompt is too long|exceed(s|ed)? (the )?(model's )?(maximum )?context/i.test(message))
    return "context_too_long";
  if (/api_error|server_error|timeout_error/.test(kind)) return "unavailable";
  // 408 and 409 are the server's own trouble (a timeout, a lock), and both SDKs retry them.
  if (status === 408 || status === 409 || (status !== undefined && status >= 500)) return "unavailable";
  if (status !== undefined || kind.trim() !== "") return "bad_request";
  return phase === "stream" ? "stream_cut" : "unavailable";
}

/** What `fetch` said about a connection that failed, such as `ECONNREFUSED`; SDKs wrap it one or two levels deep. */
function connectionCause(error: unknown): string {
  let current = error;
  let found = "";
  for (let depth = 0; depth < 4 && current instanceof Error; depth++) {
    const code = "code" in current && typeof current.code === "string" ? current.code : "";
    found = code || (depth > 0 ? current.message : found) || found;
    current = current.cause;
  }
  return found;
}

/** Takes `secrets`, and anything that looks like a key of either vendor, out of `text`. */
function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, "[secret]");
  clean = clean.replace(/\bsk-[A-Za-z0-9_*.-]{4,}/g, "[secret]");
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}

/**
 * Reads how long a server asks to wait, in milliseconds: `retry-after-ms` (OpenAI), else `retry-after` in seconds or as
 * an HTTP date (RFC 9110, section 10.2.3). `undefined` when neither is there or readable; never negative.
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const exact = headers.get("retry-after-ms");
  if (exact !== null && /^\d+(\.\d+)?$/.test(exact.trim())) return Math.ceil(Number(exact));
  const value = headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/**
 * Says in one or two plain sentences what happened to a user's answer and what the user can do. Holds no internals:
 * those are in `error.message`, for the operator's log.
 */
export function explainToUser(error: ProviderError, agentName: string): string {
  const operator = `whoever runs ${agentName}`;
  switch (error.code) {
    case "not_configured":
      return `${agentName} has no model to answer with yet. Please tell ${operator} to finish its setup.`;
    case "needs_runner":
      return `${agentName} answers through a runner, and none is connected. Please tell ${operator}.`;
    case "authentication":
      return `${agentName}'s model did not accept its key. Please tell ${operator}; trying again will not help.`;
    case "permission":
      return `${agentName}'s account may not use its model right now. Please tell ${operator}; trying again will not help.`;
    case "model_not_found":
      return `The model that ${agentName} is set to use does not exist. Please tell ${operator}.`;
    case "bad_request":
      return `${agentName}'s model refused this request. Try to say it differently; if that fails too, tell ${operator}.`;
    case "context_too_long":
      return `This conversation has become too long for ${agentName}. Please start a new one, or send a shorter message.`;
    case "rate_limited":
      return `${agentName} has too much to do at the moment. Please try again ${inAbout(error.retryAfterMs)}.`;
    case "overloaded":
    case "unavailable":
      return `${agentName}'s model is not available at the moment. Please try again ${inAbout(error.retryAfterMs)}.`;
    case "stream_cut":
      return `The connection to ${agentName}'s model broke in the middle of the answer. Please try again.`;
    case "timeout":
      return `${agentName} took too long to answer. Please try again, perhaps with a smaller question.`;
    case "aborted":
      return "The answer was stopped.";
    default:
      return error.code satisfies never;
  }
}

function inAbout(retryAfterMs: number | undefined): string {
  const minutes = Math.ceil((retryAfterMs ?? 0) / 60_000);
  if (minutes <= 1) return "in a minute";
  return minutes <= 90 ? `in about ${minutes} minutes` : `in about ${Math.ceil(minutes / 60)} hours`;
}
