/**
 * The process that runs the Worker: wrangler's bundler and Miniflare with its workerd. It leads a process group of its own
 * and ends when the channel to its supervisor ends. Both are there for `kill -9`, which workerd otherwise survives,
 * with the port and the state in its hands.
 */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../project.ts";
import type { Settings } from "../settings.ts";
import type { HostOptions, HostReport } from "./host-protocol.ts";
import { everyMinute } from "./minute-trigger.ts";

const sourceFolders = ["agents", "d1", "durable-objects", "public", "shared", "workers"];

let disposeWorker = async () => {};
process.once("disconnect", () => {
  void disposeWorker().finally(() => process.exit(0));
});
// It may have ended while this file was loaded.
if (!process.connected) process.exit(0);

const [[options], wrangler, { migrateLocalDatabase }] = await Promise.all([
  once(process, "message") as Promise<[HostOptions]>,
  import("wrangler"),
  import("./migrations.ts"),
]);

try {
  report({ type: "ready", ...(await startWorker(options)) });
} catch (error) {
  report({ type: "failed", message: messageOf(error) });
}

async function startWorker({ port, stateDirectory, defaults, overrides }: HostOptions) {
  const configFile = join(projectRoot, "wrangler.toml");
  const config = wrangler.unstable_readConfig({ config: configFile });
  const [database] = config.d1_databases;
  if (database !== undefined) {
    await migrateLocalDatabase({
      id: database.preview_database_id ?? database.database_id ?? database.binding,
      migrationsDirectory: join(projectRoot, database.migrations_dir ?? "migrations"),
      stateDirectory,
    });
  }
  // wrangler looks for it before it runs the build that makes it.
  if (config.assets?.directory !== undefined) {
    await mkdir(join(projectRoot, config.assets.directory), { recursive: true });
  }

  const settings: Settings = { ...defaults, ...settingsOfDevVars(configFile), ...overrides };
  const worker = await wrangler.unstable_startWorker({
    config: configFile,
    bindings: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, { type: "secret_text", value }]),
    ),
    build: {
      minify: false,
      custom: {
        command: `"${process.execPath}" cli/build.ts`,
        workingDirectory: projectRoot,
        // With a build command wrangler watches these and nothing else, not even what the Worker imports.
        watch: sourceFolders.map((folder) => join(projectRoot, folder)),
      },
    },
    dev: {
      server: { hostname: "127.0.0.1", port },
      persist: stateDirectory,
      remote: false,
      watch: true,
      inspector: false,
      logLevel: "warn",
      structuredLogsHandler: ({ message }: { message: string }) => process.stderr.write(`${message}\n`),
    },
  });
  disposeWorker = () => worker.dispose();

  await Promise.race([once(worker.raw, "reloadComplete"), failureOf(worker.raw)]);
  const url = new URL(await worker.url).origin;
  // A reload that fails is told and waited out: the next edit is another chance.
  worker.raw.on("error", (event) => process.stderr.write(`${messageOf(event)}\n`));
  worker.raw.on("reloadComplete", () => process.stderr.write("reloaded\n"));
  everyMinute((time) => void fireTrigger(url, time));
  return { url, settings };
}

/** The Cron Trigger of wrangler.toml, which only Cloudflare fires by itself. What is lost here, the next one makes up for. */
async function fireTrigger(url: string, time: number): Promise<void> {
  const trigger = new URL("/cdn-cgi/handler/scheduled", url);
  trigger.search = new URLSearchParams({ cron: "* * * * *", time: String(time) }).toString();
  try {
    const response = await fetch(trigger);
    if (!response.ok) process.stderr.write(`The cron trigger failed: ${response.status}\n`);
  } catch {
    // The Worker is being reloaded, or stopped.
  }
}

/** What .dev.vars (or .env, where there is none) sets; an empty line of it sets nothing. */
function settingsOfDevVars(configFile: string): Settings {
  const bindings = wrangler.unstable_getVarsForDev(configFile, undefined, {}, undefined, true);
  const settings: Settings = {};
  for (const [name, { value }] of Object.entries(bindings)) {
    if (typeof value === "string" && value !== "") settings[name] = value;
  }
  return settings;
}

type DevelopmentServer = Awaited<ReturnType<typeof wrangler.unstable_startWorker>>["raw"];

/** Rejects when the first build or the first start fails: wrangler itself would wait for an edit. */
function failureOf(server: DevelopmentServer): Promise<never> {
  return new Promise((_, reject) => {
    for (const event of ["error", "buildFailed", "runtimeError"]) {
      server.once(event, (failure: unknown) => reject(new Error(messageOf(failure))));
    }
  });
}

/** wrangler reports an Error, or an event that carries one as its cause. */
function messageOf(failure: unknown): string {
  if (failure instanceof Error) return failure.message;
  if (typeof failure === "object" && failure !== null && "cause" in failure) return messageOf(failure.cause);
  return String(failure);
}

function report(message: HostReport): void {
  process.send?.(message);
}
