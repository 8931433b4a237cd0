import { serve } from "@hono/node-server";
import { createQuotesApi } from "./app.ts";

/** A running quotes API. */
export interface ServedQuotesApi {
  /** Origin without a slash at the end, such as `http://127.0.0.1:8788`. */
  readonly url: string;
  /** Closes every connection and the port. */
  close(): Promise<void>;
}

/**
 * Serves a fresh library inside Node, on loopback only.
 *
 * @param port TCP port; 0 takes a free one.
 * @throws the system's error when the port is taken (`code` is `EADDRINUSE`).
 */
export function serveQuotesApi({ port }: { port: number }): Promise<ServedQuotesApi> {
  const { fetch } = createQuotesApi();
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: "127.0.0.1" }, (address) => {
      resolve({
        url: `http://127.0.0.1:${address.port}`,
        close: () =>
          new Promise((closed, failed) => {
            server.close((error) => (error ? failed(error) : closed()));
            if ("closeAllConnections" in server) server.closeAllConnections();
          }),
      });
    });
    server.once("error", reject);
  });
}
