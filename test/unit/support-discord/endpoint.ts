/** An interactions endpoint that verifies signatures as Discord's own library does, and answers what a test says. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { verifyKey } from "discord-interactions";
import { onTestFinished } from "vitest";

export interface Received {
  id: string;
  type: number;
  token: string;
  data: Record<string, unknown>;
  [field: string]: unknown;
}

type Answer = { status?: number; json?: unknown } | Promise<{ status?: number; json?: unknown }>;

export interface Endpoint {
  url: string;
  /** Interactions that were signed well, PINGs left out. */
  received: Received[];
  /** Requests that were refused for their signature. */
  refused: number;
  /** Public keys that are accepted. */
  keys: string[];
  answer: (interaction: Received) => Answer;
}

/** Ends with the test. */
export async function startEndpoint(key: string): Promise<Endpoint> {
  const endpoint: Endpoint = {
    url: "",
    received: [],
    refused: 0,
    keys: [key],
    answer: () => ({ json: { type: 5 } }),
  };
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const signature = String(request.headers["x-signature-ed25519"]);
    const timestamp = String(request.headers["x-signature-timestamp"]);
    const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
    const verified = await Promise.all(
      endpoint.keys.map((publicKey) => verifyKey(body, signature, timestamp, publicKey)),
    );
    if (!isFresh || !verified.includes(true)) {
      endpoint.refused += 1;
      response.writeHead(401).end();
      return;
    }
    const interaction = JSON.parse(body) as Received;
    if (interaction.type !== 1) endpoint.received.push(interaction);
    const { status = 200, json } =
      interaction.type === 1 ? { json: { type: 1 } } : await endpoint.answer(interaction);
    response.writeHead(status, json === undefined ? {} : { "content-type": "application/json" });
    response.end(json === undefined ? undefined : JSON.stringify(json));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/interactions`;
  return endpoint;
}
