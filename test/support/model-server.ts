/**
 * A model API to test against: real HTTP and server-sent events, Anthropic's Messages, OpenAI's Responses and Chat
 * Completions. It refuses what the real APIs refuse, and is told what to do by directives in the user's text
 * (see `model-server-script.ts`). Runs inside a test, from a vitest `globalSetup`, or alone:
 *
 *     node test/support/model-server.ts --port 8788
 *
 * Over HTTP, for tests in another process: `GET /__requests?contains=TEXT` lists recorded requests, `POST /__reset`
 * forgets them.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { anthropicDialect } from "./model-server-anthropic.ts";
import { chatDialect } from "./model-server-chat.ts";
import { ApiProblem, badRequest, type Dialect, type Frame } from "./model-server-dialect.ts";
import { responsesDialect } from "./model-server-responses.ts";
import { fitReply, readScript, replyTo, type Script, type ScriptedFailure } from "./model-server-script.ts";

/** One request as the server saw it. Keys are not kept: their headers say only how they were sent. */
export interface RecordedRequest {
  path: string;
  headers: Record<string, string>;
  body: unknown;
  /** Status of the answer; `null` while there is none. */
  status: number | null;
  /** `aborted`: the client hung up before the answer was complete. `cut`: the server did. */
  state: "open" | "finished" | "aborted" | "cut";
}

/** A running model server. */
export interface ModelServer {
  /** Base URL for `ANTHROPIC_BASE_URL`; with `/v1` behind it for `OPENAI_BASE_URL`. */
  url: string;
  /** Requests so far, oldest first, whose body contains `contains`. */
  requests(contains?: string): RecordedRequest[];
  /** Forgets recorded requests and counted failures. */
  reset(): void;
  close(): Promise<void>;
}

const DIALECTS: readonly Dialect[] = [anthropicDialect, responsesDialect, chatDialect];
const MAX_RECORDED = 10_000;

/** Starts a model server on the loopback address; `port` 0, the default, takes a free one. */
export async function startModelServer({ port = 0 }: { port?: number } = {}): Promise<ModelServer> {
  const recorded: RecordedRequest[] = [];
  const failuresSoFar = new Map<string, number>();
  const closing = new AbortController();
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (closing.signal.aborted) return;
      response.destroy();
      throw error;
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the model server has no port");

  const requests = (contains = "") => {
    const quoted = JSON.stringify(contains).slice(1, -1);
    return recorded.filter((entry) => JSON.stringify(entry.body).includes(quoted));
  };
  const reset = () => {
    recorded.length = 0;
    failuresSoFar.clear();
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    if (url.pathname === "/__requests")
      return sendJson(response, 200, requests(url.searchParams.get("contains") ?? ""));
    if (url.pathname === "/__reset" && request.method === "POST") {
      reset();
      return sendJson(response, 200, {});
    }
    const dialect = DIALECTS.find((candidate) => candidate.paths.includes(url.pathname));
    if (dialect === undefined || request.method !== "POST") {
      return sendJson(response, 404, { error: { message: `no ${request.method} ${url.pathname} here` } });
    }
    const record: RecordedRequest = {
      path: url.pathname,
      headers: withoutKeys(request.headers),
      body: null,
      status: null,
      state: "open",
    };
    recorded.push(record);
    if (recorded.length > MAX_RECORDED) recorded.shift();
    response.on("close", () => {
      if (record.state === "open") record.state = response.writableFinished ? "finished" : "aborted";
    });
    await answer(dialect, request, response, record);
  }

  async function answer(
    dialect: Dialect,
    request: IncomingMessage,
    response: ServerResponse,
    record: RecordedRequest,
  ): Promise<void> {
    response.setHeader(dialect.requestIdHeader, `req_${recorded.length}`);
    try {
      record.body = await readJson(request);
      const read = dialect.read(record.body, flatHeaders(request.headers));
      const script = readScript(read.conversation.lastUserText);
      const failure = nextFailure(script, failuresSoFar);
      if (failure?.kind === "status") throw new ScriptedStatus(failure);
      if (failure?.kind === "hang" && failure.where === "request") return;
      const { reply, cut } = fitReply(replyTo(read.conversation, script), read.maxTokens);
      const frames = read.frames(reply, { pieces: script.chunks, cut });
      record.status = 200;
      response.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
      });
      await stream(response, record, failure === null ? frames : interrupt(frames, failure, dialect), script);
    } catch (error) {
      if (error instanceof ScriptedStatus) {
        const { status, headers } = error;
        record.status = status;
        const body = dialect.errorBody({
          status,
          type: dialect.errorType(status),
          message: "as told",
          code: null,
        });
        return sendJson(response, status, body, headers);
      }
      if (error instanceof ApiProblem) {
        record.status = error.status;
        return sendJson(response, error.status, dialect.errorBody(error));
      }
      throw error;
    }
  }

  async function stream(
    response: ServerResponse,
    record: RecordedRequest,
    frames: readonly (Frame | "cut" | "hang")[],
    script: Script,
  ): Promise<void> {
    for (const frame of frames) {
      if (response.destroyed) return;
      if (frame === "hang") return;
      if (frame === "cut") {
        record.state = "cut";
        response.destroy();
        return;
      }
      if (frame.paced && script.slowMs > 0) await delay(script.slowMs, undefined, { signal: closing.signal });
      const data = typeof frame.data === "string" ? frame.data : JSON.stringify(frame.data);
      await write(response, `${frame.event === null ? "" : `event: ${frame.event}\n`}data: ${data}\n\n`);
    }
    response.end();
  }

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    reset,
    async close() {
      closing.abort();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** A status code that the script asks for. */
class ScriptedStatus extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;

  constructor(failure: Extract<ScriptedFailure, { kind: "status" }>) {
    super(`scripted status ${failure.status}`);
    this.status = failure.status;
    this.headers = failure.headers;
  }
}

/** The first failure of the script that has not yet happened as often as it should. */
function nextFailure(script: Script, failuresSoFar: Map<string, number>): ScriptedFailure | null {
  for (const [index, failure] of script.failures.entries()) {
    const key = `${index} ${script.key}`;
    const happened = failuresSoFar.get(key) ?? 0;
    if (happened >= failure.times) continue;
    failuresSoFar.set(key, happened + 1);
    return failure;
  }
  return null;
}

/** The first half of an answer, and then what goes wrong. */
function interrupt(
  frames: readonly Frame[],
  failure: Exclude<ScriptedFailure, { kind: "status" }>,
  dialect: Dialect,
): (Frame | "cut" | "hang")[] {
  const half = frames.slice(0, Math.ceil(frames.length / 2));
  switch (failure.kind) {
    case "cut":
      return failure.politely ? half : [...half, "cut"];
    case "hang":
      return [...half, "hang"];
    case "error-event":
      return [...half, dialect.errorFrame()];
    default:
      return failure satisfies never;
  }
}

/** Resolves when the text has left the process, or never will: what comes before a cut must have arrived. */
function write(response: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    response.write(text, () => resolve());
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw badRequest("The request body is not valid JSON");
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function flatHeaders(headers: IncomingMessage["headers"]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
}

function withoutKeys(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]): [string, string][] => {
      if (name === "authorization") return [[name, `${value?.toString().split(" ")[0]} …`]];
      return name === "x-api-key" ? [[name, "…"]] : [[name, value?.toString() ?? ""]];
    }),
  );
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8788" } } });
  const server = await startModelServer({ port: Number(values.port) });
  console.log(`model server on ${server.url}`);
}
