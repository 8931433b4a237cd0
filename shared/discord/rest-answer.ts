/**
 * Whose answer is it? Between a bot and Discord stand Cloudflare, load balancers and the proxies of whoever hosts it, and each of
 * them answers in Discord's place when it likes. What they say is no word of Discord's: it tells of no permission and of no
 * absence, and may be otherwise a moment later.
 *
 * @see https://docs.discord.com/developers/topics/opcodes-and-status-codes
 * @see https://docs.discord.com/developers/topics/rate-limits
 */
/** An answer over HTTP. */
export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Its body; `""` for none. */
  text: string;
}

/** Whose limit it is: the bot's on a route, everybody's on a resource, the bot's on everything, or the address's on Discord. */
export type LimitScope = "user" | "shared" | "global" | "address";

/** Discord's own refusal. */
export interface Refusal {
  status: number;
  /** Discord's error code; 0 where it names none. */
  code: number;
  message: string;
  /** Paths of the fields that Discord does not take; what was in them is left out. */
  fields: readonly string[];
}

/** What an answer comes to. */
export type RestAnswer =
  /** Discord has done it. `body` is `undefined` where it says nothing. */
  | { kind: "done"; status: number; body: unknown }
  | { kind: "refused"; refusal: Refusal }
  /** Not before so many milliseconds. */
  | { kind: "limited"; scope: LimitScope; retryAfterMs: number }
  /** The network in between, or Discord's servers, could not bring it about. Whether it was done is not known. */
  | { kind: "network"; status: number }
  /** Nobody can tell who says so, or what was done. */
  | { kind: "unknown"; status: number };

/** “Cloudflare is blocking your request” (Discord, "JSON Error Codes"), in JSON but not in Discord's name. */
const BLOCKED_BY_NETWORK = 40_333;
/** Discord's codes have five digits or more, and 0 stands for none. */
const LEAST_CODE = 10_000;
/** Taken for a limit that Discord does not put into figures, in milliseconds. */
const UNTOLD_MS = 5_000;
/** The same for an address that is banned: asking earlier makes it longer. */
const UNTOLD_BAN_MS = 60_000;

/** Tells what an answer comes to, from all that it says, and without a library: the gateway has none. Every reader of Discord's REST API goes by this. */
export function readRestAnswer({ status, headers, text }: HttpAnswer): RestAnswer {
  const body = parseJson(text);
  if (status === 429) return readLimit(headers, body);
  if (status === 408 || status >= 500) return { kind: "network", status };
  if (status >= 200 && status < 300) return readDone(status, body);
  if (status >= 400) return readRefusal(status, body);
  return { kind: "unknown", status };
}

/** An answer without a body has status 204; one that ends too early, or is a page, does not tell what was done. */
function readDone(status: number, body: ParsedBody): RestAnswer {
  if (body.is === "json") return { kind: "done", status, body: body.value };
  if (body.is === "empty" && status === 204) return { kind: "done", status, body: undefined };
  return { kind: "unknown", status };
}

function readLimit(headers: Headers, body: ParsedBody): RestAnswer {
  const told = fieldsOf(body);
  const scope = scopeOf(headers.get("X-RateLimit-Scope"));
  const isTold = told !== undefined || scope !== undefined;
  const seconds = secondsOf(told?.retry_after) ?? retryAfterSeconds(headers);
  const untold = isTold ? UNTOLD_MS : UNTOLD_BAN_MS;
  const retryAfterMs = seconds === undefined ? untold : Math.max(1, Math.ceil(seconds * 1_000));
  if (!isTold) return { kind: "limited", scope: "address", retryAfterMs };
  const isGlobal = told?.global === true || headers.get("X-RateLimit-Global") === "true";
  return { kind: "limited", scope: isGlobal ? "global" : (scope ?? "user"), retryAfterMs };
}

/** A page is made by what stands in between; what says nothing that Discord would say may be anybody's. */
function readRefusal(status: number, body: ParsedBody): RestAnswer {
  if (body.is === "page") return { kind: "network", status };
  const { code, message, errors } = fieldsOf(body) ?? {};
  if (!isDiscordCode(code)) return { kind: "unknown", status };
  if (code === BLOCKED_BY_NETWORK) return { kind: "network", status };
  const words = typeof message === "string" ? message : "refused";
  return { kind: "refused", refusal: { status, code, message: words, fields: invalidFields(errors) } };
}

function isDiscordCode(code: unknown): code is number {
  return Number.isInteger(code) && (code === 0 || Number(code) >= LEAST_CODE);
}

function scopeOf(header: string | null): "user" | "shared" | "global" | undefined {
  return header === "user" || header === "shared" || header === "global" ? header : undefined;
}

function secondsOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}

/** `Retry-After` in seconds, whatever the body is (RFC 9110, 10.2.3). A date is left alone: Discord's side sends none. */
function retryAfterSeconds(headers: Headers): number | undefined {
  const value = headers.get("Retry-After")?.trim();
  return value ? secondsOf(Number(value)) : undefined;
}

/** Paths of the fields that Discord does not take. */
function invalidFields(errors: unknown, path = ""): string[] {
  if (typeof errors !== "object" || errors === null) return [];
  if ("_errors" in errors) return [path];
  return Object.entries(errors).flatMap(([key, inner]) =>
    invalidFields(inner, path ? `${path}.${key}` : key),
  );
}

type ParsedBody = { is: "json"; value: unknown } | { is: "empty" } | { is: "page" };

function fieldsOf(body: ParsedBody): Record<string, unknown> | undefined {
  const value = body.is === "json" ? body.value : undefined;
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

function parseJson(text: string): ParsedBody {
  if (text.trim() === "") return { is: "empty" };
  try {
    return { is: "json", value: JSON.parse(text) };
  } catch {
    return { is: "page" };
  }
}
