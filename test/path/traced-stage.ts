/** The fake Discord, the fake model API, the Worker and a gateway, of which the last two record what they do. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as z from "zod";
import { migrateLocalDatabase } from "../../cli/start/migrations.ts";
import { bundleWorker, DURABLE_OBJECTS, root, startBundle } from "../support/bundled-worker.ts";
import { type FakeDiscord, startFakeDiscord } from "../support/discord/fake-discord.ts";
import { BRIDGE_SECRET } from "../support/discord-stage.ts";
import { type GatewayProcess, superviseGateway } from "../support/gateway-process.ts";
import { startModelServer } from "../support/model-server.ts";
import { instrument, type TracedFunction } from "./instrument.ts";
import { type Program, readDispatch } from "./message-path.ts";
import type { TraceEntry } from "./recorder.ts";

export interface TracedStage extends AsyncDisposable {
  readonly discord: FakeDiscord;
  /** Whether the gateway has received all that Discord has sent, and the Worker has stored it: what is sent then waits for nothing. */
  isAtRest(): Promise<boolean>;
  /** What has been recorded so far. */
  traces(): Promise<{ gateway: Program; worker: Program }>;
}

/** Of the traced Worker's own; nothing else of it is known to the Worker. */
const TRACE_PATH = "/__trace";

/** @param agent of test/support/agents.ts, one that lives in Discord. */
export async function startTracedStage(agent: string): Promise<TracedStage> {
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "rig-path-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const [discord, model] = await Promise.all([startFakeDiscord(), startModelServer()]);
  cleanup.defer(() => discord.close());
  cleanup.defer(() => model.close());

  const bundle = join(directory, "bundle");
  const workerFunctions = await traceWorker(bundle, model.url);
  await mkdir(join(directory, "rig"));
  const migrationsDirectory = join(root, "migrations");
  await migrateLocalDatabase({ id: "local", migrationsDirectory, stateDirectory: directory });
  const worker = await startBundle({
    directory: bundle,
    durableObjects: DURABLE_OBJECTS,
    d1: { DB: "local" },
    compatibilityFlags: ["nodejs_als"],
    persist: join(directory, "v3"),
    bindings: {
      ANTHROPIC_API_KEY: "sk-ant-path",
      ANTHROPIC_BASE_URL: model.url,
      DISCORD_API_BASE_URL: discord.restUrl,
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_PUBLIC_KEY: discord.world.publicKey(),
      BRIDGE_SECRET,
    },
  });
  cleanup.defer(() => worker.dispose());
  const workerUrl = await worker.ready;

  const main = join(directory, "gateway.mjs");
  const gatewayFunctions = await traceFile(join(root, "dist/gateway/main.js"), main);
  const recording = fileURLToPath(new URL("gateway-side.ts", import.meta.url));
  const gateway = cleanup.use(
    superviseGateway(
      spawn(process.execPath, ["--import", recording, main], {
        cwd: root,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: process.env.PATH,
          RIG_AGENT: agent,
          RIG_WORKER_URL: workerUrl.href,
          DISCORD_API_BASE_URL: discord.restUrl,
          DISCORD_BOT_TOKEN: discord.token,
          BRIDGE_SECRET,
          PORT: "0",
        },
      }),
    ),
  );
  await gateway.ready();

  const owned = cleanup.move();
  return {
    discord,
    async isAtRest() {
      const metrics = await (await fetch(new URL("/metrics", await gateway.url()))).text();
      const received = (await entriesAt(traceUrlOf(gateway))).flatMap(
        (entry) => (entry.type === "enter" && readDispatch(entry.data)?.s) || [],
      );
      return /^rig_gateway_unacked\{.*\} 0$/m.test(metrics) && received.at(-1) === discord.sessions()[0]?.seq;
    },
    traces: async () => ({
      gateway: { functions: gatewayFunctions, entries: await entriesAt(traceUrlOf(gateway)) },
      worker: { functions: workerFunctions, entries: await entriesAt(new URL(TRACE_PATH, workerUrl)) },
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Bundles the Worker as it is deployed, with the agents of the tests, and what records it around it. */
async function traceWorker(directory: string, modelUrl: string): Promise<TracedFunction[]> {
  await bundleWorker(join(root, "test/torture/wrangler.toml"), directory);
  const functions = await traceFile(join(directory, "index.js"), join(directory, "worker.js"));
  await build({
    entryPoints: [fileURLToPath(new URL("worker-side.ts", import.meta.url))],
    outfile: join(directory, "trace.js"),
    bundle: true,
    format: "esm",
    external: ["node:async_hooks"],
    logLevel: "warning",
  });
  await writeFile(
    join(directory, "begin.js"),
    `import { traceFetch } from "./trace.js";\ntraceFetch(${JSON.stringify(modelUrl)});\n`,
  );
  const classes = Object.values(DURABLE_OBJECTS);
  const entry = [
    'import "./begin.js";',
    'import { tracedDoor, tracedObject } from "./trace.js";',
    'import * as worker from "./worker.js";',
    `export default tracedDoor(worker.default, ${JSON.stringify(TRACE_PATH)});`,
    ...classes.map((name) => `export const ${name} = tracedObject(worker.${name});`),
  ];
  await writeFile(join(directory, "index.js"), entry.join("\n"));
  return functions;
}

async function traceFile(source: string, target: string): Promise<TracedFunction[]> {
  const { code, functions } = instrument(await readFile(source, "utf8"), isOurs);
  if (functions.length === 0) throw new Error(`no function of ours was found in ${source}`);
  await writeFile(target, code);
  return functions;
}

function isOurs(path: string): boolean {
  return !path.startsWith("node_modules/") && !path.startsWith("test/") && existsSync(join(root, path));
}

const portSchema = z.object({ event: z.literal("trace.listening"), port: z.int() });

function traceUrlOf(gateway: GatewayProcess): URL {
  const line = gateway
    .log()
    .split("\n")
    .find((text) => text.includes('"trace.listening"'));
  return new URL(`http://127.0.0.1:${portSchema.parse(JSON.parse(line ?? "null")).port}/`);
}

async function entriesAt(url: URL): Promise<TraceEntry[]> {
  const response = await fetch(url);
  return (await response.json()) as TraceEntry[];
}
