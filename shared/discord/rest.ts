/**
 * A client of Discord's REST API over `fetch`. It waits where Discord would refuse, tries again what may pass, and
 * turns the rest into {@link DiscordError}s. One instance per Durable Object: a client that is shared by the requests of a
 * stateless Worker hangs in workerd.
 */
import * as z from "zod";
import type { Sleep } from "../time/sleep.ts";
import { DiscordError } from "./errors.ts";
import { InvalidRequests, MAX_INVALID } from "./invalid-requests.ts";
import { RateLimits, readBucketHeaders } from "./rate-limits.ts";
import { refusal } from "./refusal.ts";
import { encodeBody, type UploadedFile } from "./request-body.ts";
import type { RestEvent, RestNews, WaitCause } from "./rest-events.ts";
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
   * @param trace of the request.
   * @returns how many milliseconds to wait first.
   */
  permit?: (withinMs: number, trace: string | undefined) => Promise<number>;
  /** Hears what requests wait for, and what may no longer be asked. */
  observe?: (event: RestEvent) => void;
  /** The event for whose sake requests are made. @see DiscordRest.with */
  trace?: string;
}

/** What clients of one token learn and share. */
interface Known {
  limits: RateLimits;
  invalid: InvalidRequests;
  queues: SerialQueues;
}

/** A request under way. */
interface Effort {
  request: DiscordRequest;
  route: Route;
  deadline: number;
  signal: AbortSignal;
}

/** What came of one attempt. */
type Attempt =
  | { kind: "answered"; status: number; body: unknown }
  | { kind: "limited"; scope: "user" | "shared" | "global" }
  /** May pass. */
  | { kind: "failed"; status?: number; cause?: unknown };

const limitBody = z.object({ retry_after: z.number().nonnegative(), global: z.boolean().default(false) });

export class DiscordRest {
  readonly #options: DiscordRestOptions;
  readonly #known: Known;

  /** @param known what another client of the token has learnt; see {@link with}. */
  constructor(
    options: DiscordRestOptions,
    known: Known = {
      limits: new RateLimits(),
      invalid: new InvalidRequests(),
      queues: new SerialQueues(),
    },
  ) {
    this.#options = options;
    this.#known = known;
  }

  /** The same client, whose events say for the sake of which event the requests are made. */
  with({ trace }: { trace: string }): DiscordRest {
    return new DiscordRest({ ...this.#options, trace }, this.#known);
  }

  /**
   * Makes a request. Requests of one route and channel are made one after the other, in the order they were asked for.
   * Network failures and 5xx are tried again, so whatever is asked must not mind being done twice, or say so.
   *
   * @returns the answer's JSON, `undefined` where it has none.
   * @throws DiscordError, or the signal's reason.
   */
  async request(request: DiscordRequest): Promise<unknown> {
    const { now } = this.#options;
    const route = routeOf(request.method, request.path);
    const askedAt = now();
    const deadline = request.deadline ?? askedAt + PATIENCE_MS;
    const signal = request.signal ?? new AbortController().signal;
    const effort = { request, route, deadline, signal };
    const queue = `${route.template} ${route.major}`;
    const isBehind = this.#known.queues.isBusy(queue);
    const leave = await this.#known.queues.enter(queue, signal);
    try {
      if (isBehind) this.#tell(effort, { type: "wait", for: "queue", ms: now() - askedAt });
      return await this.#tryUntilDeadline(effort);
    } finally {
      leave();
    }
  }

  async #tryUntilDeadline(effort: Effort): Promise<unknown> {
    const { request, deadline, signal } = effort;
    const { now, random } = this.#options;
    let met: Extract<Attempt, { kind: "limited" }> | undefined;
    for (let attempt = 1; ; attempt++) {
      await this.#await(effort, met);
      const made = await this.#attempt(effort);
      met = made.kind === "limited" ? made : undefined;
      if (made.kind === "limited") continue;
      if (made.kind === "answered") {
        if (made.status < 300) return made.body;
        throw refusal(made, describe(effort));
      }
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
      const ms = Math.round(backoff / 2 + random() * (backoff / 2));
      const { status, cause } = made;
      const answer = status === undefined ? {} : { status };
      if (request.isRepeatable === false || now() + ms >= deadline) {
        const detail = { ...describe(effort), ...answer, cause };
        throw new DiscordError("unavailable", status ? `status ${status}` : "no answer", detail);
      }
      this.#tell(effort, { type: "wait", for: "backoff", ms, attempt, ...answer });
      await this.#sleep(ms, signal);
    }
  }

  /** Waits until the request may be made. @param met the 429 that the last attempt came to, if it did. */
  async #await(effort: Effort, met: { scope: "user" | "shared" | "global" } | undefined): Promise<void> {
    const { now, permit, trace } = this.#options;
    const { route, deadline, signal } = effort;
    const { limits } = this.#known;
    this.#assertAllowed(effort);
    let told = met && { scope: met.scope, status: 429 as const };
    for (let limit = limits.take(route, now()); limit; limit = limits.take(route, now())) {
      await this.#wait(effort, limit.waitMs, { for: "rate-limit", scope: limit.scope, ...told });
      told = undefined;
      this.#assertAllowed(effort);
    }
    const permitMs = route.hasOwnToken || !permit ? 0 : await permit(Math.max(0, deadline - now()), trace);
    if (permitMs > 0) await this.#wait(effort, permitMs, { for: "permit" });
    signal.throwIfAborted();
  }

  #assertAllowed(effort: Effort): void {
    const stop = this.#known.invalid.stop({ usesBotToken: !effort.route.hasOwnToken }, this.#options.now());
    if (stop === undefined) return;
    const detail = describe(effort);
    if (stop === "token_refused")
      throw new DiscordError("unauthorized", "Discord refused the bot token a moment ago", detail);
    throw new DiscordError("blocked", "Discord refused too many requests in the last ten minutes", detail);
  }

  async #wait(effort: Effort, ms: number, cause: WaitCause): Promise<void> {
    if (this.#options.now() + ms > effort.deadline)
      throw new DiscordError("rate_limited", `would have to wait ${ms} ms`, describe(effort));
    this.#tell(effort, { type: "wait", ms, ...cause });
    await this.#sleep(ms, effort.signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#options.sleep(ms, signal);
    signal.throwIfAborted();
  }

  #tell(effort: Effort, news: RestNews): void {
    const { observe, trace } = this.#options;
    observe?.({ ...describe(effort), trace, ...news });
  }

  async #attempt(effort: Effort): Promise<Attempt> {
    const { request, route, deadline, signal } = effort;
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
      return this.#take(response, await response.text(), effort);
    } catch (cause) {
      signal.throwIfAborted();
      return { kind: "failed", cause };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Learns what an answer tells about limits. */
  #take({ status, headers }: Response, text: string, effort: Effort): Attempt {
    const { route } = effort;
    const { limits, invalid } = this.#known;
    const now = this.#options.now();
    const bucket = readBucketHeaders(headers);
    if (bucket) limits.learn(route, bucket, now);
    const isShared = headers.get("X-RateLimit-Scope") === "shared";
    const news = invalid.note({ status, isShared, usedBotToken: !route.hasOwnToken }, now);
    if (news) this.#tell(effort, news.type === "invalid" ? { ...news, max: MAX_INVALID } : news);
    if (status === 429) {
      const told = limitBody.safeParse(parseJson(text)).data;
      const seconds = told?.retry_after ?? Number(headers.get("Retry-After") ?? Number.NaN);
      const retryAfterMs = Number.isNaN(seconds) ? UNTOLD_RETRY_MS : Math.ceil(seconds * 1_000);
      // What carries a token of its own does not count for the bot's global limit.
      const isGlobal = !route.hasOwnToken && (told?.global ?? headers.get("X-RateLimit-Global") === "true");
      limits.refuse(route, { retryAfterMs: Math.max(1, retryAfterMs), isGlobal }, now);
      return { kind: "limited", scope: isGlobal ? "global" : isShared ? "shared" : "user" };
    }
    if (status >= 500) return { kind: "failed", status };
    return { kind: "answered", status, body: parseJson(text) };
  }
}

function describe({ request: { method }, route: { path } }: Effort): { method: string; route: string } {
  return { method, route: path };
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
