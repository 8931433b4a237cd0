/**
 * The REST API v10 of the fake. A request goes through what Discord puts before its routes: token, rate limits, the
 * form of its body. What the specification does not know is written down as a violation, for tests to fail on.
 */
import { setTimeout as delay } from "node:timers/promises";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { DiscordProblem, invalidForm } from "../problem.ts";
import type { World } from "../world.ts";
import { applicationRoutes } from "./application.ts";
import { channelRoutes } from "./channels.ts";
import type { RestEnv, RestState } from "./context.ts";
import type { RestFault, RestFaults } from "./faults.ts";
import { guildRoutes } from "./guilds.ts";
import { identityRoutes } from "./identity.ts";
import { interactionRoutes } from "./interactions.ts";
import { messageRoutes } from "./messages.ts";
import { specificationIssues } from "./openapi.ts";
import type { RateLimits } from "./rate-limits.ts";
import { type ReadBody, type RecordedRequest, readBody, type Violation } from "./request.ts";
import { count, type RestTally } from "./tally.ts";
import { hasWebhookToken, webhookRoutes } from "./webhooks.ts";

export interface RestOptions {
  state: RestState;
  world: World;
  token: string;
  faults: RestFaults;
  /** `null`: none. */
  rateLimits: RateLimits | null;
  requests: RecordedRequest[];
  violations: Violation[];
  tally: RestTally;
}

/** "Clients using the HTTP API must provide a valid User Agent" (API reference, "User Agent"). */
const userAgent = /^DiscordBot \(\S+, [^\s,()]+\)/;

export function restApp(options: RestOptions): Hono<RestEnv> {
  const { state, faults, requests, tally } = options;
  const app = new Hono<RestEnv>();

  app.use(async (c, next) => {
    const record = recordOf(c.req.raw, state.store.now());
    requests.push(record);
    c.set("record", record);
    const fault = faults.next(record.method, record.path);
    record.fault = fault?.kind ?? null;
    if (faults.latencyMs > 0) await delay(faults.latencyMs);
    if (fault?.kind === "cut") return cut(c.env);
    const injected = faultResponse(fault);
    if (injected === null) {
      await next();
      if (fault?.kind === "lose-response") return cut(c.env);
    } else c.res = injected;
    record.status = c.res.status;
    count(tally, c.res.status, injected === null ? null : fault);
  });

  app.use(async (c, next) => {
    const { record } = c.var;
    const authorization = c.req.header("authorization");
    if (hasWebhookToken(record.path)) {
      if (authorization !== undefined) report(options, record, "the bot's token goes along with a webhook's");
    } else if (authorization !== `Bot ${options.token}`)
      throw new DiscordProblem(401, 0, "401: Unauthorized");
    if (!userAgent.test(c.req.header("user-agent") ?? ""))
      report(options, record, "User-Agent is not DiscordBot (url, version)");
    const permit = options.rateLimits?.take(record.method, record.path);
    for (const [name, value] of Object.entries(permit?.headers ?? {})) c.header(name, value);
    if (permit?.refused) {
      const { retryAfterMs, global } = permit.refused;
      const limited = rateLimited(retryAfterMs, global ? "global" : "user");
      for (const [name, value] of limited.headers) c.header(name, value);
      return c.body(await limited.text(), 429);
    }
    const body = await checkedBody(options, record, c.req.raw);
    c.set("body", body);
    await next();
  });

  app.route("/", identityRoutes(state, options.world));
  app.route("/", guildRoutes(state));
  app.route("/", channelRoutes(state));
  app.route("/", messageRoutes(state));
  app.route("/", applicationRoutes(state));
  app.route("/", interactionRoutes(state, options.violations));
  app.route("/", webhookRoutes(state));
  app.all("*", (c) => c.json({ message: "404: Not Found", code: 0 }, 404));
  app.onError((error, c) => {
    if (error instanceof DiscordProblem) return c.json(error.toJSON(), error.status);
    throw error;
  });
  return app;
}

function recordOf(request: Request, at: number): RecordedRequest {
  const url = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  if (headers.authorization !== undefined) headers.authorization = `${headers.authorization.split(" ")[0]} …`;
  return {
    method: request.method,
    path: url.pathname.replace(/^\/api\/v10/, ""),
    query: Object.fromEntries(url.searchParams),
    headers,
    body: undefined,
    files: [],
    at,
    status: null,
    fault: null,
  };
}

/** @throws DiscordProblem 50109 for what is no JSON, 50035 for what the specification does not allow */
async function checkedBody(
  options: RestOptions,
  record: RecordedRequest,
  request: Request,
): Promise<ReadBody> {
  let body: ReadBody;
  try {
    body = await readBody(request);
  } catch {
    report(options, record, "the body is neither JSON nor multipart with payload_json");
    throw new DiscordProblem(400, 50109, "The request body contains invalid JSON.");
  }
  record.body = body.json;
  record.files = [...body.files].map(([name, file]) => ({
    name,
    filename: file.name,
    contentType: file.type,
    size: file.bytes.byteLength,
  }));
  const issues = specificationIssues(record.method, record.path, record.query, body.json);
  for (const { where, path, message } of issues)
    report(options, record, `${[where, ...path].join(".")}: ${message}`);
  const refused = issues.filter((issue) => issue.refused);
  if (refused.length > 0) throw invalidForm(refused);
  return body;
}

function report({ violations }: RestOptions, { method, path }: RecordedRequest, message: string): void {
  violations.push({ request: `${method} ${path}`, message });
}

/** The answer of a fault that has one. */
function faultResponse(fault: RestFault | null): Response | null {
  switch (fault?.kind) {
    case "status":
      return Response.json({ message: `${fault.status}: as told`, code: 0 }, { status: fault.status });
    case "rate-limit":
      return rateLimited(fault.retryAfterMs, fault.scope ?? (fault.global ? "global" : "user"));
    default:
      return null;
  }
}

/** "Exceeding A Rate Limit" in the API reference. */
function rateLimited(retryAfterMs: number, scope: "user" | "global" | "shared"): Response {
  const seconds = Math.max(retryAfterMs, 1) / 1000;
  const global = scope === "global";
  const body = { message: "You are being rate limited.", retry_after: seconds, global };
  const headers = {
    "retry-after": String(Math.ceil(seconds)),
    "x-ratelimit-scope": scope,
    ...(global ? { "x-ratelimit-global": "true" } : {}),
  };
  return Response.json(body, { status: 429, headers });
}

/** Ends the connection as a broken network does. */
function cut({ incoming }: RestEnv["Bindings"]): Response {
  incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}
