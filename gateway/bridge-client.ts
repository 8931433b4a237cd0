/** Asks the Worker over the bridge (shared/bridge/protocol.ts): signed requests, answers as plain data, no exceptions. */
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";
import type { Acknowledgement, LeaseGrant, LeaseRequest, ReleaseRequest } from "../shared/bridge/protocol.ts";
import { signRequest } from "../shared/bridge/signature.ts";
import { isRecord } from "../shared/gateway/payload.ts";

const agents = { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) };
/** Answers of the bridge are a few hundred bytes; what is longer is none. */
const MAX_REPLY_BYTES = 64 * 1024;

/** Longer than any storing takes; a Worker that hangs is asked again. */
export const BRIDGE_TIMEOUT_MS = 10_000;

/** What keeps a request from its answer, for a while at least. */
export type BridgeFailure =
  /** 401: the secrets differ, or the clocks do. */
  | { status: "unauthorized"; message: string }
  /** Another 4xx: the same request will not be taken, until somebody changes something. */
  | { status: "rejected"; message: string }
  /** The Worker cannot be reached, fails, or asks for patience. */
  | { status: "unavailable"; message: string; retryAfterMs: number | null };

export type LeaseAnswer =
  | { status: "granted"; grant: LeaseGrant }
  | { status: "held"; holder: string }
  | BridgeFailure;

export type EventsAnswer =
  | { status: "taken"; acknowledgement: Acknowledgement }
  | { status: "fenced" }
  | { status: "too-large" }
  /** The Worker cannot read what it was sent. */
  | { status: "unreadable"; message: string }
  | BridgeFailure;

export interface BridgeClient {
  lease(request: LeaseRequest): Promise<LeaseAnswer>;
  /** @param body JSON of an `EventBatch`, made by the caller who knows its size. */
  events(body: string): Promise<EventsAnswer>;
  /** Best effort: a lease that is not released expires. */
  release(request: ReleaseRequest): Promise<void>;
}

export interface BridgeClientOptions {
  workerUrl: URL;
  agent: string;
  secret: string;
  /** Unix time in milliseconds. */
  now: () => number;
}

export function createBridgeClient({ workerUrl, agent, secret, now }: BridgeClientOptions): BridgeClient {
  async function post(name: "lease" | "events" | "release", body: string): Promise<Reply> {
    const url = new URL(`/agents/${agent}/gateway/${name}`, workerUrl);
    const signed = { method: "POST", path: url.pathname, body };
    const headers = await signRequest(signed, { secret, now: now() });
    try {
      const { code, text, retryAfter } = await postText(url, {
        headers: { ...headers, "Content-Type": "application/json" },
        body,
        timeoutMs: BRIDGE_TIMEOUT_MS,
      });
      return { code, json: parse(text), retryAfter };
    } catch (error) {
      return { code: 0, json: describe(error), retryAfter: null };
    }
  }

  return {
    async lease(request) {
      const reply = await post("lease", JSON.stringify(request));
      if (reply.code === 200) {
        const grant = readGrant(reply.json);
        return grant ? { status: "granted", grant } : strange(reply);
      }
      if (reply.code !== 409) return failure(reply);
      const { holder } = isRecord(reply.json) ? reply.json : {};
      return { status: "held", holder: typeof holder === "string" ? holder : "unknown" };
    },
    async events(body) {
      const reply = await post("events", body);
      if (reply.code === 409) return { status: "fenced" };
      if (reply.code === 413) return { status: "too-large" };
      if (reply.code === 400 && isWorkerError(reply.json))
        return { status: "unreadable", message: `400 ${words(reply.json)}` };
      if (reply.code !== 200) return failure(reply);
      const { acked, ttlSeconds } = isRecord(reply.json) ? reply.json : {};
      if ((acked !== null && typeof acked !== "number") || typeof ttlSeconds !== "number")
        return strange(reply);
      return { status: "taken", acknowledgement: { acked, ttlSeconds } };
    },
    async release(request) {
      await post("release", JSON.stringify(request));
    },
  };
}

interface Reply {
  /** HTTP status; 0 where there was no answer. */
  code: number;
  json: unknown;
  retryAfter: string | null;
}

function failure({ code, json, retryAfter }: Reply): BridgeFailure {
  const message = code === 0 ? String(json) : `${code} ${words(json)}`.trim();
  if (code === 401 || code === 403) return { status: "unauthorized", message };
  if (code >= 400 && code < 500 && code !== 429 && code !== 408) return { status: "rejected", message };
  const seconds = Number(retryAfter ?? Number.NaN);
  return { status: "unavailable", message, retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null };
}

/** A 200 that is not of the protocol: something else answers at this address, or another version. */
function strange({ json }: Reply): BridgeFailure {
  return { status: "rejected", message: `an answer that is not of bridge protocol 1: ${words(json)}` };
}

/** Whether an error is the Worker's own, and not that of something in between. */
function isWorkerError(json: unknown): boolean {
  return isRecord(json) && isRecord(json.error) && typeof json.error.code === "string";
}

/** The Worker's errors are `{"error":{"code","message"}}`. */
function words(json: unknown): string {
  const error = isRecord(json) && isRecord(json.error) ? json.error.message : undefined;
  const text = typeof error === "string" ? error : (JSON.stringify(json) ?? "");
  return text.slice(0, 200);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "no answer";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
}

function readGrant(json: unknown): LeaseGrant | null {
  if (!isRecord(json)) return null;
  const { epoch, ttlSeconds, intents, forward } = json;
  if (typeof epoch !== "number" || typeof intents !== "number") return null;
  if (typeof ttlSeconds !== "number" || !(ttlSeconds > 0) || !Array.isArray(forward)) return null;
  const names = forward.filter((name) => typeof name === "string");
  return { epoch, ttlSeconds, intents, forward: names, resume: readResume(json.resume) };
}

function readResume(json: unknown): LeaseGrant["resume"] {
  if (!isRecord(json)) return null;
  const { sessionId, resumeUrl, seq } = json;
  if (typeof sessionId !== "string" || typeof resumeUrl !== "string" || typeof seq !== "number") return null;
  return { sessionId, resumeUrl, seq };
}

interface HttpReply {
  code: number;
  text: string;
  retryAfter: string | null;
}

/**
 * Sends a text, over connections that are kept: at hundreds of batches a second `fetch` costs twice the memory; redirects are not followed.
 *
 * @param timeoutMs for the whole answer, in milliseconds.
 * @throws Error when there is no complete answer.
 */
function postText(
  url: URL,
  { headers, body, timeoutMs }: { headers: Record<string, string>; body: string; timeoutMs: number },
): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const bytes = Buffer.from(body);
  const options = { method: "POST", headers: { ...headers, "Content-Length": bytes.length } };
  const receive = (response: IncomingMessage) => {
    readText(response).then(
      (text) =>
        resolve({
          code: response.statusCode ?? 0,
          text,
          retryAfter: response.headers["retry-after"] ?? null,
        }),
      reject,
    );
  };
  const request =
    url.protocol === "https:"
      ? requestHttps(url, { ...options, agent: agents.https }, receive)
      : requestHttp(url, { ...options, agent: agents.http }, receive);
  const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  request.once("error", reject);
  request.once("close", () => clearTimeout(timer));
  request.end(bytes);
  return promise;
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) continue;
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_REPLY_BYTES) throw new Error("an answer that is too long");
  }
  return Buffer.concat(chunks).toString();
}
