/**
 * Time from a chat message to the first token of its answer with the demo model, against a bare Hono and Durable Object
 * echo, and against one that stores each frame first, as nothing can do without that must not lose it. All run in workerd
 * on this machine, in the same run, and take turns, message by message.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { migrateLocalDatabase } from "../cli/start/migrations.ts";
import type { ServerFrame } from "../shared/chat/protocol.ts";
import { bundleWorker, DURABLE_OBJECTS, root, startBundle } from "../test/support/bundled-worker.ts";
import { median, quantile } from "./statistics.ts";

const WARM_UP = 20;
const MESSAGES = 200;
/** Between two messages, so that each finds the Worker at rest, as a person's does. */
const PAUSE_MS = 25;
const ADMIN_TOKEN = "bench-admin-token";

/** Sends one message and resolves with the milliseconds until something is answered. */
type Probe = (n: number) => Promise<number>;

const state = await mkdtemp(join(tmpdir(), "rig-bench-"));
try {
  await using servers = new AsyncDisposableStack();
  const [productUrl, baselineUrl] = await Promise.all([startProduct(servers), startBaseline(servers)]);
  const probes: Record<"product" | "echo" | "storedEcho", Probe> = {
    product: await connectProduct(productUrl),
    echo: await connectEcho(baselineUrl, "bench"),
    storedEcho: await connectEcho(baselineUrl, "stored-bench"),
  };
  const times = { product: [] as number[], echo: [] as number[], storedEcho: [] as number[] };
  for (let n = 0; n < WARM_UP + MESSAGES; n++) {
    for (const name of ["product", "echo", "storedEcho"] as const) {
      await delay(PAUSE_MS);
      const elapsed = await probes[name](n);
      if (n >= WARM_UP) times[name].push(elapsed);
    }
  }
  const ratio = (baseline: readonly number[]) => (median(times.product) / median(baseline)).toFixed(2);
  console.log(`chat message to first token, demo model: ${describe(times.product)}; ${MESSAGES} messages`);
  console.log(
    `bare Hono + Durable Object echo: ${describe(times.echo)}; ratio: ${ratio(times.echo)} (aim ≤ 2)`,
  );
  console.log(
    `the same, storing each frame: ${describe(times.storedEcho)}; ratio: ${ratio(times.storedEcho)}`,
  );
} finally {
  await rm(state, { recursive: true, force: true });
}

function describe(times: readonly number[]): string {
  return `p50 ${median(times).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`;
}

async function startProduct(servers: AsyncDisposableStack): Promise<URL> {
  const directory = join(state, "product");
  await bundleWorker(join(root, "wrangler.toml"), directory);
  await mkdir(join(state, "rig"));
  const migrationsDirectory = join(root, "migrations");
  await migrateLocalDatabase({ id: "local", migrationsDirectory, stateDirectory: state });
  const worker = await startBundle({
    directory,
    durableObjects: DURABLE_OBJECTS,
    d1: { DB: "local" },
    bindings: { ADMIN_TOKEN },
    persist: join(state, "v3"),
  });
  servers.defer(() => worker.dispose());
  return worker.ready;
}

async function startBaseline(servers: AsyncDisposableStack): Promise<URL> {
  const directory = join(state, "baseline");
  await bundleWorker(join(root, "bench/baseline/wrangler.toml"), directory);
  const persist = join(state, "baseline-state");
  const worker = await startBundle({ directory, durableObjects: { ECHO: "Echo" }, persist });
  servers.defer(() => worker.dispose());
  return worker.ready;
}

async function connectProduct(url: URL): Promise<Probe> {
  const socket = await connect(new URL("/agents/assistant/chats/bench/socket", url));
  return async (n) => {
    const started = performance.now();
    socket.send(JSON.stringify({ type: "send", id: `m${n}`, text: "hello" }));
    await until(socket, ({ type }) => type === "delta");
    const elapsed = performance.now() - started;
    const stopped = until(socket, (frame) => frame.type === "turn" && frame.turn.state === "cancelled");
    socket.send(JSON.stringify({ type: "stop" }));
    await stopped;
    return elapsed;
  };
}

async function connectEcho(url: URL, chat: string): Promise<Probe> {
  const socket = await connect(new URL(`/chats/${chat}/socket`, url));
  return async (n) => {
    const started = performance.now();
    const answered = until(socket, () => true);
    socket.send(JSON.stringify({ type: "send", id: `m${n}`, text: "hello" }));
    await answered;
    return performance.now() - started;
  };
}

async function connect(url: URL): Promise<WebSocket> {
  // The options are Node's: a browser has no headers here.
  const options = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } } as unknown as string[];
  const socket = new WebSocket(url, options);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error(`cannot connect to ${url}`)), { once: true });
  });
  return socket;
}

function until(socket: WebSocket, matches: (frame: ServerFrame) => boolean): Promise<void> {
  return new Promise((resolve) => {
    function listen({ data }: MessageEvent): void {
      if (!matches(JSON.parse(String(data)) as ServerFrame)) return;
      socket.removeEventListener("message", listen);
      resolve();
    }
    socket.addEventListener("message", listen);
  });
}
