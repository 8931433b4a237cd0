/** One POST at a time over connections that are kept: at hundreds of batches a second `fetch` costs twice the memory. */
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as SecureAgent } from "node:https";

export interface HttpReply {
  code: number;
  text: string;
  retryAfter: string | null;
}

const agents = { http: new Agent({ keepAlive: true }), https: new SecureAgent({ keepAlive: true }) };
/** Answers of the bridge are a few hundred bytes; what is longer is none. */
const MAX_REPLY_BYTES = 64 * 1024;

/**
 * Sends a text; redirects are not followed.
 *
 * @param timeoutMs for the whole answer, in milliseconds.
 * @throws Error when there is no complete answer.
 */
export function postText(
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
