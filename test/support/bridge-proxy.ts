/**
 * What stands between a gateway and the Worker: a reverse proxy with an address of its own, so that the Worker behind it
 * may die and come back elsewhere, and a place to do to requests what networks do to them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it came, kept to be sent again. */
interface SentRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer<ArrayBuffer>;
}

/** What happens to requests until it is changed again. */
export interface ProxyFaults {
  /** Connections are cut before anything is read: the Worker is unreachable. */
  unreachable: boolean;
  /** Share of batches that arrive twice, the second time after a later one: 0 to 1. */
  replay: number;
  /** Share of answers that are lost although the Worker has acted on the request: 0 to 1. */
  loseAnswer: number;
}

export interface BridgeProxy extends AsyncDisposable {
  readonly url: string;
  readonly faults: ProxyFaults;
  /** How often each fault happened. */
  readonly happened: { cut: number; replayed: number; lost: number };
}

/** Most requests that are remembered to be replayed. */
const KEPT = 20;

/** Headers that belong to a connection and not to a request. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "host",
  "expect",
]);

/**
 * Starts a proxy on a free port of this machine.
 *
 * @param target where the Worker listens now.
 * @param random decides which requests are struck.
 */
export async function startBridgeProxy(
  target: () => Promise<URL>,
  random: () => number = Math.random,
): Promise<BridgeProxy> {
  const faults: ProxyFaults = { unreachable: false, replay: 0, loseAnswer: 0 };
  const happened = { cut: 0, replayed: 0, lost: 0 };
  const seen: SentRequest[] = [];

  const server = createServer((request, response) => {
    if (faults.unreachable) {
      happened.cut += 1;
      request.socket.destroy();
      return;
    }
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming);
    const answer = await send(request);
    const body = Buffer.from(await answer.arrayBuffer());
    if (random() < faults.replay) {
      // Its own copy now, and an older one after it: duplicated and out of order.
      const older = seen[Math.floor(random() * seen.length)];
      happened.replayed += 1;
      for (const again of older ? [request, older] : [request]) {
        const ignored = await send(again);
        await ignored.arrayBuffer();
      }
    }
    if (request.path.endsWith("/events")) seen.push(request);
    if (seen.length > KEPT) seen.shift();
    if (random() < faults.loseAnswer) {
      happened.lost += 1;
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type") ?? "" });
    outgoing.end(body);
  }

  async function send({ method, path, headers, body }: SentRequest): Promise<Response> {
    return fetch(new URL(path, await target()), {
      method,
      headers,
      ...(body.byteLength > 0 && { body }),
    });
  }

  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    happened,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function readRequest(incoming: IncomingMessage): Promise<SentRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    HOP_BY_HOP.has(name) || typeof value !== "string" ? [] : [[name, value] as const],
  );
  return {
    method: incoming.method ?? "GET",
    path: incoming.url ?? "/",
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  };
}
