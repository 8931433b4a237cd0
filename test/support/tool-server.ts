/**
 * An HTTP API that misbehaves on request, for tests of tools. It listens on a real socket and is driven over HTTP too, so
 * that a test inside workerd can use one that `globalSetup` started.
 *
 * Every path also answers under `/base`, so that a tool can be configured with `<url>/base` and be led out of it.
 *
 * | path | answer |
 * |---|---|
 * | `/echo/…` and anything else | 200, JSON: method, path and query as sent, headers, body |
 * | `/redirect?to=&status=302` | a redirect; `to` is the `Location`, absent when empty |
 * | `/loop` | 302 to itself, for ever |
 * | `/status/<code>?body=` | that status |
 * | `/respond?type=&base64=&status=200` | these bytes under that content type, none when empty |
 * | `/large?bytes=&text=a&length=declared` | `text` repeated up to that many bytes; chunked without `length` |
 * | `/endless` | text for ever |
 * | `/silent` | nothing, ever |
 * | `/stalled` | headers and some text, then nothing |
 * | `/drop` | the socket closes before an answer |
 * | `/drop-body` | the socket closes in the middle of the body |
 * | `GET /__requests` | JSON list of {@link RecordedRequest} since the last reset |
 * | `POST /__reset` | 204; forgets them |
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came over the wire, before any decoding. */
export interface RecordedRequest {
  method: string;
  /** Path and query as sent. */
  target: string;
  headers: Record<string, string>;
  body: string;
  /** How often its `Idempotency-Key` has been seen, this request included; 0 without one. */
  keyUses: number;
  /** `open` while the answer is being written; `cut` when the client left first. */
  answer: "open" | "complete" | "cut";
}

/** A running server. */
export interface ToolServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  /** Requests since the last reset, oldest first. */
  requests(): RecordedRequest[];
  reset(): void;
  /** Closes every connection and the port. */
  close(): Promise<void>;
}

/** Starts a server on loopback; `port` 0 takes a free one. */
export async function startToolServer({ port = 0 }: { port?: number } = {}): Promise<ToolServer> {
  let recorded: RecordedRequest[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? "/";
    const body = await readBody(request);
    if (target === "/__requests") return sendJson(response, recorded);
    if (target === "/__reset") {
      recorded = [];
      response.writeHead(204).end();
      return;
    }
    const entry = record(request, target, body);
    recorded.push(entry);
    response.once("close", () => {
      entry.answer = response.writableFinished ? "complete" : "cut";
    });
    respond(entry, request, response);
  }

  function record(request: IncomingMessage, target: string, body: string): RecordedRequest {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const key = headers["idempotency-key"];
    const earlier = recorded.filter((entry) => entry.headers["idempotency-key"] === key).length;
    return {
      method: request.method ?? "",
      target,
      headers,
      body,
      keyUses: key === undefined ? 0 : earlier + 1,
      answer: "open",
    };
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : undefined),
    );
  });
  // A connection that is closed just when its client sends the next request looks as if the call was cut.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: () => recorded,
    reset: () => {
      recorded = [];
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function respond(entry: RecordedRequest, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(entry.target.replace(/^\/base(?=\/)/, ""), "http://tool.invalid");
  const query = url.searchParams;
  const status = Number(query.get("status") ?? "200");
  const [, route, code] = url.pathname.split("/");
  switch (route) {
    case "redirect": {
      const to = query.get("to") ?? "";
      response.writeHead(query.has("status") ? status : 302, to === "" ? {} : { location: to }).end("moved");
      return;
    }
    case "loop":
      response.writeHead(302, { location: entry.target }).end();
      return;
    case "status":
      response.writeHead(Number(code), { "content-type": "text/plain" }).end(query.get("body") ?? "");
      return;
    case "respond": {
      const type = query.get("type") ?? "";
      const bytes = Buffer.from(query.get("base64") ?? "", "base64");
      response
        .writeHead(status, {
          "content-length": bytes.byteLength,
          ...(type === "" ? {} : { "content-type": type }),
        })
        .end(bytes);
      return;
    }
    case "large": {
      const bytes = Buffer.alloc(Number(query.get("bytes")), query.get("text") ?? "a");
      response.writeHead(200, {
        "content-type": "text/plain; charset=utf-8",
        ...(query.has("length")
          ? { "content-length": bytes.byteLength }
          : { "transfer-encoding": "chunked" }),
      });
      response.end(bytes);
      return;
    }
    case "endless":
      response.writeHead(200, { "content-type": "text/plain" });
      writeForEver(response);
      return;
    case "silent":
      return;
    case "stalled":
      response.writeHead(200, { "content-type": "text/plain" }).write("the beginning");
      return;
    case "drop":
      request.socket.destroy();
      return;
    case "drop-body":
      response.writeHead(200, { "content-type": "text/plain", "content-length": 1000 });
      response.write("the beginning", () => request.socket.destroy());
      return;
    default: {
      const { method, headers, body } = entry;
      const [path, search = ""] = entry.target.split("?", 2);
      sendJson(response, { method, path, query: search, headers, body });
    }
  }
}

/** Fills the socket whenever it drains, until the client leaves. */
function writeForEver(response: ServerResponse): void {
  const block = "x".repeat(16_384);
  const fill = () => {
    while (!response.destroyed && response.write(block)) {
      // Keeps writing until the socket's buffer is full.
    }
  };
  response.on("drain", fill);
  fill();
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
