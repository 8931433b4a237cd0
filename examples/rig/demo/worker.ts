/** The Worker of the rig on this machine, as `npm start` runs the project's own: no account, nothing leaves the machine. */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileCache, projectRoot } from "../../../cli/project.ts";

export interface LocalWorker extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** Fires the Cron Trigger, which here nobody else does. @param time the minute it stands for, in Unix milliseconds */
  tick(time: number): Promise<void>;
}

/**
 * @param port must be free; the agents' settings name it
 * @param settings secrets and addresses by name
 * @param directory where its state is kept
 */
export async function startLocalWorker(
  port: number,
  settings: Readonly<Record<string, string>>,
  directory: string,
): Promise<LocalWorker> {
  // Before wrangler is loaded, which it takes most of the time to do.
  enableCompileCache(compileCache.NODE_COMPILE_CACHE);
  const [{ unstable_startWorker: startWorker }, { migrateLocalDatabase }] = await Promise.all([
    import("wrangler"),
    import("../../../cli/start/migrations.ts"),
  ]);
  await mkdir(join(directory, "rig"), { recursive: true });
  await migrateLocalDatabase({
    id: "local",
    migrationsDirectory: join(projectRoot, "migrations"),
    stateDirectory: directory,
  });
  const worker = await startWorker({
    config: fileURLToPath(new URL("wrangler.toml", import.meta.url)),
    bindings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, { type: "secret_text" as const, value }]),
    ),
    build: { minify: false },
    dev: {
      server: { hostname: "127.0.0.1", port },
      persist: directory,
      remote: false,
      watch: false,
      inspector: false,
      logLevel: "warn",
      structuredLogsHandler: ({ level, message }: { level: string; message: string }) => {
        if (level === "warn" || level === "error") process.stderr.write(`${message}\n`);
      },
    },
  });
  await Promise.race([
    once(worker.raw, "reloadComplete"),
    ...["error", "buildFailed", "runtimeError"].map(async (event) => {
      const [cause] = await once(worker.raw, event);
      throw new Error("the Worker does not start", { cause });
    }),
  ]);
  const url = new URL(await worker.url).origin;
  return {
    url,
    async tick(time) {
      const trigger = new URL("/cdn-cgi/handler/scheduled", url);
      trigger.search = new URLSearchParams({ cron: "* * * * *", time: String(time) }).toString();
      const response = await fetch(trigger);
      if (!response.ok) throw new Error(`the tick failed: ${response.status} ${await response.text()}`);
    },
    [Symbol.asyncDispose]: () => worker.dispose(),
  };
}
