/** The HTTP APIs of a `character.json` as tools: one tool per endpoint. */
import type { Character } from "../character/schema.ts";
import type { SecretReader } from "../character/secrets.ts";
import { type ArgumentShape, describeArguments, readArguments, shapeArguments } from "./arguments.ts";
import { ToolCallError } from "./call-error.ts";
import { exchange, type ToolRequest } from "./exchange.ts";
import { describeFailure } from "./network-failure.ts";
import { type PathPart, parameterNames, parsePathTemplate } from "./path-template.ts";
import { createRedactor } from "./redact.ts";
import { buildRequestUrl } from "./request-url.ts";
import { describeResponse } from "./response-text.ts";
import { resolveTarget } from "./target.ts";
import type { Tool, ToolOutcome } from "./tool.ts";
import { nameTools } from "./tool-name.ts";

type HttpApi = Character["tools"][number];

/** What HTTP tools need from where they run. */
export interface HttpToolsHost {
  /** Value of `env:NAME`, asked for at each call; `undefined` when it is not set. */
  secret: SecretReader;
  /** Defaults to the platform's. */
  fetch?: typeof globalThis.fetch;
}

/** One endpoint with everything it takes from its API, and its path read. */
interface Endpoint {
  api: HttpApi;
  name: string;
  method: string;
  path: readonly PathPart[];
  shape: ArgumentShape;
  /** Whether a call may be made twice. */
  idempotent: boolean;
  timeoutMs: number;
}

/**
 * Builds the tools of an agent.
 *
 * A call goes only to the configured `url` and below, redirects included; it ends within the endpoint's `timeoutMs`
 * (milliseconds, over the tool's), body included; at most 64 KiB of the answer reach the model, without any secret of the
 * configuration. Everything that goes wrong is an outcome with `isError`, in words for the model.
 *
 * @example
 * ```ts
 * const tools = buildHttpTools(character.tools, { secret: secretReader(env, "dev-e") });
 * await tools[0]?.run({ id: "7" }, { idempotencyKey: "turn-1", signal });
 * ```
 */
export function buildHttpTools(
  tools: Character["tools"],
  { secret, fetch = globalThis.fetch }: HttpToolsHost,
): Tool[] {
  const pairs = tools.flatMap((api) => api.endpoints.map((endpoint) => ({ api, endpoint })));
  const names = nameTools(pairs.map(({ api, endpoint }) => ({ ...endpoint, url: api.url })));
  return pairs.map(({ api, endpoint }, index) => {
    const path = parsePathTemplate(endpoint.path);
    const shape = shapeArguments(parameterNames(path), endpoint.method);
    const read: Endpoint = {
      api,
      name: names[index] ?? "",
      method: endpoint.method,
      path,
      shape,
      idempotent: endpoint.method === "GET" || endpoint.method === "HEAD" || endpoint.idempotent === true,
      timeoutMs: endpoint.timeoutMs ?? api.timeoutMs,
    };
    return {
      name: read.name,
      description: describe(endpoint),
      inputSchema: describeArguments(shape),
      idempotent: read.idempotent,
      needsApproval: endpoint.approval === true,
      run: (input, call) => runCall(read, input, { ...call, secret, fetch }),
    };
  });
}

/** In words for the model. */
function describe({ description, method, path, approval }: HttpApi["endpoints"][number]): string {
  const consent = approval ? "A person has to approve each call first." : "";
  return [description, `${method} ${path}`, consent].filter(Boolean).join("\n");
}

interface CallContext extends Required<HttpToolsHost> {
  idempotencyKey: string;
  signal: AbortSignal;
}

async function runCall(endpoint: Endpoint, input: unknown, context: CallContext): Promise<ToolOutcome> {
  const timeout = new AbortController();
  // Not AbortSignal.timeout: what it leaves running would keep a Durable Object from sleeping.
  const timer = setTimeout(() => timeout.abort(), endpoint.timeoutMs);
  const signal = AbortSignal.any([context.signal, timeout.signal]);
  try {
    return await callApi(endpoint, input, { ...context, signal });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof ToolCallError)) throw error;
    const reason = timeout.signal.aborted
      ? `The API did not answer completely within ${endpoint.timeoutMs / 1000} s.`
      : error.message;
    const isUncertain = error.code === "network" && !endpoint.idempotent;
    return {
      content: isUncertain ? `${reason} It is unknown whether the request took effect.` : reason,
      isError: true,
    };
  } finally {
    clearTimeout(timer);
  }
}

async function callApi(endpoint: Endpoint, input: unknown, context: CallContext): Promise<ToolOutcome> {
  const target = resolveTarget(endpoint.api, context.secret);
  const given = readArguments(input, endpoint.shape);
  const request: ToolRequest = {
    url: buildRequestUrl(target.base, endpoint.path, given),
    method: endpoint.method,
    headers: target.headers,
    body: given.body,
  };
  setDefault(request.headers, "accept", "application/json, text/*;q=0.9, */*;q=0.1");
  setDefault(request.headers, "user-agent", "rig-edge");
  if (request.body !== undefined) setDefault(request.headers, "content-type", "application/json");
  request.headers.set("idempotency-key", context.idempotencyKey);

  const redactor = createRedactor(target.secrets);
  try {
    const response = await exchange(request, target.base, context);
    return await describeResponse(response, redactor);
  } catch (error) {
    if (error instanceof ToolCallError) throw new ToolCallError(error.code, redactor.whole(error.message));
    throw new ToolCallError("network", describeFailure(error, target.base.host), { cause: error });
  }
}

function setDefault(headers: Headers, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value);
}
