/**
 * A client of Discord's REST API over `fetch`. It waits where Discord would refuse, tries again what may pass, and
 * turns the rest into {@link DiscordError}s. One instance per Durable Object: a client that is shared by the requests of a
 * stateless Worker hangs in workerd.
 */
import type * as z from "zod";
import type { Sleep } from "../time/sleep.ts";
import { DiscordError } from "./errors.ts";
import { InvalidRequests, MAX_INVALID } from "./invalid-requests.ts";
import { RateLimits, readBucketHeaders } from "./rate-limits.ts";
import { refusalError } from "./refusal.ts";
import { encodeBody, type UploadedFile } from "./request-body.ts";
import { type LimitScope, type RestAnswer, readRestAnswer } from "./rest-answer.ts";
import type { RestEvent, RestNews, WaitCause } from "./rest-events.ts";
import { type Route, routeOf } from "./rest-route.ts";
import { SerialQueues } from "./serial-queues.ts";
import { USER_AGENT } from "./user-agent.ts";

/** Where Discord's API is unless something else is configured. */
export const DISCORD_API = "https://discord.com/api/v10";

/** How long one attempt may take at most, in milliseconds; one with less patience may take as long as that. */
const ATTEMPT_MS = 10_000;
const LEAST_ATTEMPT_MS = 1_000;
/** How long a request is tried when its caller does not say, in milliseconds. */
const PATIENCE_MS = 15_000;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;

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
  /** `optional`: a status of 2xx is all that is needed; what comes with it and cannot be read is `undefined`. */
  answer?: "optional";
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
  /** How long one attempt may take, in milliseconds, however long it had to wait for its turn. */
  attemptMs: number;
  signal: AbortSignal;
}

/** What came of one attempt. */
type Attempt = RestAnswer | { kind: "unheard"; cause: unknown };

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
    const attemptMs = Math.min(ATTEMPT_MS, Math.max(LEAST_ATTEMPT_MS, deadline - askedAt));
    const effort = { request, route, deadline, attemptMs, signal };
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

  /**
   * Makes a request of whose answer something is needed.
   *
   * @param needed what; the rest of the answer may be as it likes.
   * @throws DiscordError as {@link request} does; `unavailable` when the answer does not have it, and so nobody knows what was done.
   */
  async read<T>(needed: z.ZodType<T>, request: DiscordRequest): Promise<T> {
    const reading = needed.safeParse(await this.request(request));
    if (reading.success) return reading.data;
    const lacking = reading.error.issues.map(({ path }) => path.join(".") || "everything").join(", ");
    const { method, path } = request;
    const asked = { method, route: routeOf(method, path).path };
    throw new DiscordError("unavailable", `an answer without what is needed: ${lacking}`, asked);
  }

  async #tryUntilDeadline(effort: Effort): Promise<unknown> {
    const { request, deadline, signal } = effort;
    const { now, random } = this.#options;
    let met: LimitScope | undefined;
    for (let attempt = 1; ; attempt++) {
      await this.#await(effort, met);
      const made = await this.#attempt(effort);
      if (made.kind === "done") return made.body;
      if (made.kind === "refused") throw refusalError(made.refusal, describe(effort));
      met = made.kind === "limited" ? made.scope : undefined;
      if (made.kind === "limited") continue;
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), MAX_BACKOFF_MS);
      const ms = Math.round(backoff / 2 + random() * (backoff / 2));
      if (request.isRepeatable === false || now() + ms >= deadline) throw unavailable(made, effort);
      const answer = made.kind === "unheard" ? {} : { status: made.status };
      this.#tell(effort, { type: "wait", for: "backoff", ms, attempt, ...answer });
      await this.#sleep(ms, signal);
    }
  }

  /** Waits until the request may be made. @param met whose limit the last attempt came to, if it did. */
  async #await(effort: Effort, met: LimitScope | undefined): Promise<void> {
    const { now, permit, trace } = this.#options;
    const { route, deadline, signal } = effort;
    const { limits } = this.#known;
    this.#assertAllowed(effort);
    let told = met && { scope: met, status: 429 as const };
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
    const { request, route, attemptMs, signal } = effort;
    const { fetch, baseUrl, token } = this.#options;
    const headers = new Headers({ "User-Agent": USER_AGENT });
    if (!route.hasOwnToken) headers.set("Authorization", `Bot ${token}`);
    const body = encodeBody(request.body, request.files, headers);
    const stop = new AbortController();
    const abort = () => stop.abort(signal.reason);
    signal.addEventListener("abort", abort);
    const timer = setTimeout(abort, attemptMs);
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
      return { kind: "unheard", cause };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Learns what an answer tells about limits. */
  #take({ status, headers }: Response, text: string, effort: Effort): Attempt {
    const { request, route } = effort;
    const { limits, invalid } = this.#known;
    const now = this.#options.now();
    const bucket = readBucketHeaders(headers);
    if (bucket) limits.learn(route, bucket, now);
    const answer = readRestAnswer({ status, headers, text });
    if (answer.kind === "unknown" && status < 300 && request.answer === "optional")
      return { kind: "done", status, body: undefined };
    const news = invalid.note(answer, { usedBotToken: !route.hasOwnToken }, now);
    if (news) this.#tell(effort, news.type === "invalid" ? { ...news, max: MAX_INVALID } : news);
    if (answer.kind !== "limited") return answer;
    // What carries a token of its own does not count for the bot's global limit.
    const scope = route.hasOwnToken && answer.scope === "global" ? "user" : answer.scope;
    limits.refuse(route, { ...answer, scope }, now);
    return { ...answer, scope };
  }
}

function describe({ request: { method }, route: { path } }: Effort): { method: string; route: string } {
  return { method, route: path };
}

function unavailable(
  made: Exclude<Attempt, { kind: "done" | "refused" | "limited" }>,
  effort: Effort,
): DiscordError {
  const asked = describe(effort);
  if (made.kind === "unheard")
    return new DiscordError("unavailable", "no answer", { ...asked, cause: made.cause });
  const whose = made.kind === "network" ? "from the network in between" : "that Discord does not give";
  return new DiscordError("unavailable", `an answer ${whose}, status ${made.status}`, {
    ...asked,
    status: made.status,
  });
}
