/**
 * The REST API v10 of the fake. A request goes through what Discord puts before its routes: token, rate limits, the
 * form of its body. What the specification does not know is written down as a violation, for tests to fail on.
 */
import { Hono } from "hono";
import { DiscordProblem, invalidForm } from "../problem.ts";
import type { World } from "../world.ts";
import { applicationRoutes } from "./application.ts";
import { channelRoutes } from "./channels.ts";
import type { RestEnv, RestState } from "./context.ts";
import type { RestFaults } from "./faults.ts";
import { guildRoutes } from "./guilds.ts";
import { identityRoutes } from "./identity.ts";
import { interactionRoutes } from "./interactions.ts";
import { messageRoutes } from "./messages.ts";
import { specificationIssues } from "./openapi.ts";
import type { RateLimits } from "./rate-limits.ts";
import { FROM_DISCORD, rateLimited } from "./refusals.ts";
import { type ReadBody, type RecordedRequest, readBody, type Violation } from "./request.ts";
import type { RestTally } from "./tally.ts";
import { unkind } from "./unkind.ts";
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
  sleep: (ms: number) => Promise<unknown>;
  /** Uniform in [0, 1). */
  random: () => number;
}

/** "Clients using the HTTP API must provide a valid User Agent" (API reference, "User Agent"). */
const userAgent = /^DiscordBot \(\S+, [^\s,()]+\)/;

export function restApp(options: RestOptions): Hono<RestEnv> {
  const { state } = options;
  const app = new Hono<RestEnv>();

  app.use(async (c, next) => {
    const record = recordOf(c.req.raw, state.store.now());
    options.requests.push(record);
    c.set("record", record);
    await next();
  });
  app.use(unkind(options));

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
    for (const [name, value] of Object.entries({ ...FROM_DISCORD, ...permit?.headers }))
      c.header(name, value);
    if (permit?.refused) {
      const limited = rateLimited(permit.refused.retryAfterMs, permit.refused.scope);
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
