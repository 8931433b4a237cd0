/**
 * `npm run bench:start`: what a cold start costs: CPU time of a fresh workerd that has loaded the Worker's modules, and the time
 * of its first request, which stores a message. The baseline is a bare Hono and Durable Object echo. Both take turns.
 *
 * Tried with a loop of three million steps at the end of workers/index.ts: the ratio of CPU time went from 6.2 to 12.5.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { bundleWorker, DURABLE_OBJECTS, root } from "../test/support/bundled-worker.ts";
import { cpuTimeMs } from "./cpu-time.ts";
import { mean, median, type Pair, pairedRatio } from "./statistics.ts";

const ROUNDS = 7;
/** Of each in a round; the kernel counts CPU time in ticks of 10 ms. */
const STARTS = 6;
const ADMIN_TOKEN = "bench-admin-token";

/** A Worker that can be started. */
interface Startable {
  directory: string;
  main: string;
  /** Binding → class. */
  durableObjects: Record<string, string>;
  /** Path and body of its first request. */
  path: string;
  body: string;
}

interface Start {
  cpuMs: number;
  firstRequestMs: number;
}

/** Where the package has its program; it has no types. */
const workerd = z.object({ default: z.string() }).parse(createRequire(import.meta.url)("workerd")).default;
const listenSchema = z.object({ event: z.literal("listen"), port: z.int() });

const directory = await mkdtemp(join(tmpdir(), "rig-bench-start-"));
try {
  const product: Startable = {
    directory: join(directory, "product"),
    main: "index.js",
    durableObjects: DURABLE_OBJECTS,
    path: "/agents/assistant/chats/bench/messages",
    body: JSON.stringify({ id: "m1", text: "hello" }),
  };
  const bare: Startable = {
    directory: join(directory, "bare"),
    main: "worker.js",
    durableObjects: { ECHO: "Echo" },
    path: "/chats/stored-bench/messages",
    body: "hello",
  };
  await bundleWorker(join(root, "wrangler.toml"), product.directory);
  await bundleWorker(join(root, "bench/baseline/wrangler.toml"), bare.directory);
  for (const worker of [product, bare]) await writeConfig(worker);
  const cpu: Pair[] = [];
  const first: Pair[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const starts = { product: [] as Start[], bare: [] as Start[] };
    for (let n = 0; n < STARTS; n++) {
      starts.product.push(await start(product));
      starts.bare.push(await start(bare));
    }
    const pairOf = (figure: keyof Start): Pair => ({
      product: starts.product.map((each) => each[figure]),
      bare: starts.bare.map((each) => each[figure]),
    });
    cpu.push(pairOf("cpuMs"));
    first.push(pairOf("firstRequestMs"));
  }
  console.log(`CPU time of a workerd that has loaded the Worker: ${describe(cpu)}`);
  console.log(`first request to it, a message that is stored: ${describe(first)}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}

function describe(pairs: readonly Pair[]): string {
  const of = (name: keyof Pair) => median(pairs.map((pair) => mean(pair[name]))).toFixed(0);
  return (
    `${of("product")} ms; bare Hono + Durable Object echo: ${of("bare")} ms; ratio ${pairedRatio(pairs, mean).toFixed(2)} ` +
    `(medians of ${ROUNDS} paired rounds of ${STARTS})`
  );
}

/** Straight for workerd, without Miniflare's own Workers. */
async function writeConfig({ directory, main, durableObjects }: Startable): Promise<void> {
  const files = (await readdir(directory)).filter((file) => /\.(js|sql)$/.test(file));
  const modules = files
    .sort((a) => (a === main ? -1 : 1))
    .map((file) => `(name = "${file}", ${file.endsWith(".sql") ? "text" : "esModule"} = embed "${file}")`);
  const objects = Object.entries(durableObjects);
  const classes = objects.map(
    ([, name]) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`,
  );
  const bindings = objects.map(
    ([binding, name]) => `(name = "${binding}", durableObjectNamespace = "${name}")`,
  );
  bindings.push(`(name = "ADMIN_TOKEN", text = "${ADMIN_TOKEN}")`);
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "state", disk = (writable = true)), (name = "main", worker = (
    compatibilityDate = "2026-11-02",
    modules = [${modules.join(", ")}],
    durableObjectNamespaces = [${classes.join(", ")}],
    durableObjectStorage = (localDisk = "state"),
    bindings = [${bindings.join(", ")}],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", service = "main")],
);
`;
  await writeFile(join(directory, "config.capnp"), config);
}

/** @throws Error when the first request is not taken */
async function start({ directory, path, body }: Startable): Promise<Start> {
  const state = await mkdtemp(join(directory, "state-"));
  const args = [
    "serve",
    join(directory, "config.capnp"),
    `--directory-path=state=${state}`,
    "--control-fd=3",
  ];
  const child = spawn(workerd, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const closed = once(child, "close");
  const control = child.stdio[3];
  if (child.pid === undefined || !control) throw new Error("workerd cannot be started");
  try {
    const [line] = await once(control, "data");
    const { port } = listenSchema.parse(JSON.parse(String(line)));
    const cpuMs = await cpuTimeMs(child.pid);
    const sent = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      body,
    });
    await response.text();
    if (!response.ok) throw new Error(`the first request got ${response.status}`);
    return { cpuMs, firstRequestMs: performance.now() - sent };
  } finally {
    child.kill("SIGKILL");
    await closed;
  }
}
