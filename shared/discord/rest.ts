/**
 * A client of Discord's REST API over `fetch`. It waits where Discord would refuse, tries again what may pass, and
 * turns the rest into {@link DiscordError}s. One instance per Durable Object: a client that is shared by the requests of a
 * stateless Worker hangs in workerd.
 */
import * as z from "zod";
import type { Sleep } from "../time/sleep.ts";
import { DiscordError, type DiscordFailure } from "./errors.ts";
import { InvalidRequests } from "./invalid-requests.ts";
import { RateLimits, readBucketHeaders } from "./rate-limits.ts";
import { encodeBody, type UploadedFile } from "./request-body.ts";
import { type Route, routeOf } from "./rest-route.ts";
import { SerialQueues } from "./serial-queues.ts";
import { USER_AGENT } from "./user-agent.ts";

/** Where Discord's API is unless something else is configured. */
export const DISCORD_API = "https://discord.com/api/v10";

/** How long one attempt may take, in milliseconds. */
const ATTEMPT_MS = 10_000;
/** How long a request is tried when its caller does not say, in milliseconds. */
const PATIENCE_MS = 15_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;
/** Taken for a 429's `retry_after` when it has none. */
const UNTOLD_RETRY_MS = 5_000;

/** One request to the API. */
export interface DiscordRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Under the API's base, with its query: `/channels/1/messages?limit=10`. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  /** Sent along as `files[0]`, `files[1]` … */
  files?: readonly UploadedFile[];
  /** Until when to keep trying, in Unix milliseconds; 15 seconds from now without one. */
  deadline?: number;
  signal?: AbortSignal;
  /** Made again, it would be done twice: after a failure that does not tell whether it was done, it is not. */
  isRepeatable?: false;
}

/** What a {@link DiscordRest} needs. */
export interface DiscordRestOptions {
  /** {@link DISCORD_API}, or what stands in for it. */
  baseUrl: string;
  token: string;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Unix milliseconds. */
  now: () => number;
  /** Uniform in [0, 1). */
  random: () => number;
  sleep: Sleep;
  /**
   * Asked before each request that counts for the bot's global limit, which it shares with clients elsewhere.
   *
   * @param withinMs a permit that comes later than that is of no use.
   * @returns how many milliseconds to wait first.
   */
  permit?: (withinMs: number) => Promise<number>;
}

/** What came of one attempt. */
type Attempt =
  | { kind: "answered"; status: number; body: unknown }
  | { kind: "limited" }
  /** May pass. */
  | { kind: "failed"; status?: number; cause?: unknown };

const errorBody = z.object({
  code: z.number().optional(),
  message: z.string().optional(),
  /** Of a form that Discord does not take: what is wrong, at the paths of the fields. */
  errors: z.unknown().optional(),
});
const limitBody = z.object({ retry_after: z.number().nonnegative(), global: z.boolean().default(false) });

export class DiscordRest {
  readonly #options: DiscordRestOptions;
  readonly #limits = new RateLimits();
  readonly #invalid = new InvalidRequests();
  readonly #queues = new SerialQueues();

  constructor(options: DiscordRestOptions) {
    this.#options = options;
  }

  /**
   * Makes a request. Requests of one route and channel are made one after the other, in the order they were asked for.
   * Network failures and 5xx are tried again, so whatever is asked must not mind being done twice, or say so.
   *
   * @returns the answer's JSON, `undefined` where it has none.
   * @throws DiscordError, or the signal's reason.
   */
  async request(request: DiscordRequest): Promise<unknown> {
    const route = routeOf(request.method, request.path);
    const deadline = request.deadline ?? this.#options.now() + PATIENCE_MS;
    const signal = request.signal ?? new AbortController().signal;
    const leave = await this.#queues.enter(`${route.template} ${route.major}`, signal);
    try {
      return await this.#tryUntil(deadline, request, route, signal);
    } finally {
      leave();
    }
  }

  async #tryUntil(
    deadline: number,
    request: DiscordRequest,
    route: Route,
    signal: AbortSignal,
  ): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      await this.#await(deadline, request, route, signal);
      const made = await this.#attempt(request, route, deadline, signal);
      if (made.kind === "answered") {
        if (made.status < 300) return made.body;
        throw refusal(made, request, route);
      }
      if (made.kind === "limited") continue;
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
      const waitMs = Math.round(backoff / 2 + this.#options.random() * (backoff / 2));
      const { status, cause } = made;
      const detail = { ...describe(request, route), ...(status && { status }), cause };
      if (request.isRepeatable === false || this.#options.now() + waitMs >= deadline)
        throw new DiscordError("unavailable", status ? `status ${status}` : "no answer", detail);
      await this.#sleep(waitMs, signal);
    }
  }

  /** Waits until the request may be made. */
  async #await(deadline: number, request: DiscordRequest, route: Route, signal: AbortSignal): Promise<void> {
    const { now, permit } = this.#options;
    this.#assertAllowed(request, route);
    for (let waitMs = this.#limits.take(route, now()); waitMs > 0; waitMs = this.#limits.take(route, now())) {
      await this.#wait(waitMs, deadline, request, route, signal);
      this.#assertAllowed(request, route);
    }
    const permitMs = route.hasOwnToken || !permit ? 0 : await permit(Math.max(0, deadline - now()));
    if (permitMs > 0) await this.#wait(permitMs, deadline, request, route, signal);
    signal.throwIfAborted();
  }

  #assertAllowed(request: DiscordRequest, route: Route): void {
    const stop = this.#invalid.stop({ usesBotToken: !route.hasOwnToken }, this.#options.now());
    if (stop === undefined) return;
    const detail = describe(request, route);
    if (stop === "token_refused")
      throw new DiscordError("unauthorized", "Discord refused the bot token a moment ago", detail);
    throw new DiscordError("blocked", "Discord refused too many requests in the last ten minutes", detail);
  }

  async #wait(
    ms: number,
    deadline: number,
    request: DiscordRequest,
    route: Route,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#options.now() + ms > deadline)
      throw new DiscordError("rate_limited", `would have to wait ${ms} ms`, describe(request, route));
    await this.#sleep(ms, signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.sleep(ms, signal);
    signal.throwIfAborted();
  }

  async #attempt(
    request: DiscordRequest,
    route: Route,
    deadline: number,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { fetch, baseUrl, token, now } = this.#options;
    const headers = new Headers({ "User-Agent": USER_AGENT });
    if (!route.hasOwnToken) headers.set("Authorization", `Bot ${token}`);
    const body = encodeBody(request.body, request.files, headers);
    const stop = new AbortController();
    const abort = () => stop.abort(signal.reason);
    signal.addEventListener("abort", abort);
    const timer = setTimeout(abort, Math.max(1_000, Math.min(ATTEMPT_MS, deadline - now())));
    try {
      const init = {
        method: request.method,
        headers,
        body,
        signal: stop.signal,
        redirect: "manual",
      } as const;
      const response = await fetch(baseUrl + request.path, init);
      return this.#take(response, await response.text(), route);
    } catch (cause) {
      signal.throwIfAborted();
      return { kind: "failed", cause };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Learns what an answer tells about limits. */
  #take({ status, headers }: Response, text: string, route: Route): Attempt {
    const now = this.#options.now();
    const bucket = readBucketHeaders(headers);
    if (bucket) this.#limits.learn(route, bucket, now);
    const isShared = headers.get("X-RateLimit-Scope") === "shared";
    this.#invalid.note({ status, isShared, usedBotToken: !route.hasOwnToken }, now);
    if (status === 429) {
      const told = limitBody.safeParse(parseJson(text)).data;
      const seconds = told?.retry_after ?? Number(headers.get("Retry-After") ?? Number.NaN);
      const retryAfterMs = Number.isNaN(seconds) ? UNTOLD_RETRY_MS : Math.ceil(seconds * 1_000);
      // What carries a token of its own does not count for the bot's global limit.
      const isGlobal = !route.hasOwnToken && (told?.global ?? headers.get("X-RateLimit-Global") === "true");
      this.#limits.refuse(route, { retryAfterMs: Math.max(1, retryAfterMs), isGlobal }, now);
      return { kind: "limited" };
    }
    if (status >= 500) return { kind: "failed", status };
    return { kind: "answered", status, body: parseJson(text) };
  }
}

function describe({ method }: DiscordRequest, { path }: Route): { method: string; route: string } {
  return { method, route: path };
}

function refusal(
  { status, body }: Extract<Attempt, { kind: "answered" }>,
  request: DiscordRequest,
  route: Route,
): DiscordError {
  const { code: discordCode, message = "refused", errors } = errorBody.safeParse(body).data ?? {};
  const code = discordCode ? ` (${discordCode})` : "";
  const fields = invalidFields(errors).slice(0, 5).join(", ");
  const reason = `${status} ${message.slice(0, 200)}${code}${fields && `: ${fields}`}`;
  const detail = { ...describe(request, route), status, ...(discordCode !== undefined && { discordCode }) };
  return new DiscordError(failureOf(status), reason, detail);
}

/** Paths of the fields that Discord does not take; what was in them is left out. */
function invalidFields(errors: unknown, path = ""): string[] {
  if (typeof errors !== "object" || errors === null) return [];
  if ("_errors" in errors) return [path];
  return Object.entries(errors).flatMap(([key, inner]) =>
    invalidFields(inner, path ? `${path}.${key}` : key),
  );
}

function failureOf(status: number): DiscordFailure {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  return "bad_request";
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page; the status says enough.
    return undefined;
  }
}
