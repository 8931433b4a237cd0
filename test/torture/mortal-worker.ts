/** The Worker as it is deployed, with the agents of the tests, in a runtime that can be killed with `kill -9`. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { migrateLocalDatabase } from "../../cli/start/migrations.ts";
import { bundleWorker, DURABLE_OBJECTS, root, startBundle } from "../support/bundled-worker.ts";

export const ADMIN_TOKEN = "torture-admin-token";

export interface MortalWorker extends AsyncDisposable {
  /** Where it listens; waits for a restart under way. */
  url(): Promise<URL>;
  /**
   * Kills the runtime as a power cut would, or with another signal; Miniflare starts the next one over the same storage.
   * Resolves when that one listens, long before it has caught up: Miniflare does not get over a runtime that dies before it
   * listens.
   */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/**
 * @param directory where the bundle and all state are kept.
 * @param bindings secrets and settings of the agents.
 * @param inspectorPort where V8's inspector listens, if it is to.
 */
export async function startMortalWorker(
  directory: string,
  bindings: Readonly<Record<string, string>>,
  inspectorPort?: number,
): Promise<MortalWorker> {
  const bundle = join(directory, "bundle");
  await bundleWorker(join(root, "test/torture/wrangler.toml"), bundle);
  await mkdir(join(directory, "rig"));
  const migrationsDirectory = join(root, "migrations");
  await migrateLocalDatabase({ id: "local", migrationsDirectory, stateDirectory: directory });
  const worker = await startBundle({
    directory: bundle,
    durableObjects: DURABLE_OBJECTS,
    d1: { DB: "local" },
    bindings: { ADMIN_TOKEN, ...bindings },
    persist: join(directory, "v3"),
    ...(inspectorPort !== undefined && { inspectorPort }),
  });
  return {
    url: () => worker.ready,
    kill: async (signal = "SIGKILL") => {
      const victims = await runtimesOf(process.pid);
      if (victims.length === 0) throw new Error("there is no runtime to kill");
      for (const pid of victims) process.kill(pid, signal);
      while ((await runtimesOf(process.pid)).every((pid) => victims.includes(pid))) await delay(10);
      await worker.ready;
    },
    [Symbol.asyncDispose]: () => worker.dispose(),
  };
}

/** Process ids of the workerd processes that `parent` has started. */
export async function runtimesOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat=,comm="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, ppid, stat, command] = line.trim().split(/\s+/);
    const isRuntime = Number(ppid) === parent && command?.includes("workerd") && !stat?.startsWith("Z");
    return isRuntime ? [Number(pid)] : [];
  });
}
