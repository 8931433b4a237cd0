/** Serves the web client (`client/`), bundled when it is first asked for, and tells it when something happens. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { RestEnv } from "./rest/context.ts";
import type { Store, StoreEvent } from "./store.ts";

const source = (name: string) => fileURLToPath(new URL(`client/${name}`, import.meta.url));

export function webClientRoutes(store: Store): Hono<RestEnv> {
  let bundle: Promise<string> | undefined;
  return new Hono<RestEnv>()
    .get("/", async (c) => c.html(await readFile(source("index.html"), "utf8")))
    .get("/:name{(?:client|interactions)\\.css}", async (c) =>
      c.body(await readFile(source(c.req.param("name"))), 200, { "content-type": "text/css" }),
    )
    .get("/client.js", async (c) => {
      bundle ??= bundleClient();
      return c.body(await bundle, 200, { "content-type": "text/javascript" });
    })
    .get("/__events", (c) =>
      streamSSE(c, async (stream) => {
        const unsubscribe = store.subscribe(
          (event) => void stream.writeSSE({ data: JSON.stringify(tidingsOf(event)) }),
        );
        await new Promise<void>((resolve) => stream.onAbort(resolve));
        unsubscribe();
      }),
    );
}

async function bundleClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [source("client.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

/** What happened and where; the client reads the rest. */
function tidingsOf({ t, d, channelId }: StoreEvent) {
  const { user_id, author, channel_id } = d as {
    user_id?: string;
    author?: { id: string };
    channel_id?: string;
  };
  // A message that one user alone sees is told of without its channel.
  return { t, channelId: channelId ?? channel_id, userId: user_id ?? author?.id };
}
