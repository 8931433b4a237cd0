/** What Kubernetes and Prometheus ask: `/healthz`, `/readyz`, `/metrics`. */
import { createServer, type Server, type ServerResponse } from "node:http";

export interface ServerPages {
  /** Shard → what keeps it from being ready; empty when all are. */
  problems(): Readonly<Record<string, string>>;
  /** Shard → state, for whoever reads `/readyz`. */
  states(): Readonly<Record<string, string>>;
  metrics(): string;
}

/** Listens on all interfaces; resolves when it does, rejects when the port is taken. */
export function startServer(port: number, pages: ServerPages): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (request.method !== "GET" && request.method !== "HEAD")
      return send(response, 405, { error: "method" });
    switch (pathname) {
      case "/healthz":
        return send(response, 200, { status: "alive" });
      case "/readyz": {
        const problems = pages.problems();
        const isReady = Object.keys(problems).length === 0;
        return send(response, isReady ? 200 : 503, { ready: isReady, shards: pages.states(), problems });
      }
      case "/metrics":
        response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
        response.end(pages.metrics());
        return;
      default:
        return send(response, 404, { error: "not_found" });
    }
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => resolve(server));
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}
