/** A Worker as it is deployed, run by Miniflare: the bundle of `wrangler deploy --dry-run`, no dev server in between. */
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { compileCache } from "../../cli/project.ts";

/** The project's folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Bundles the Worker of a wrangler.toml into `directory`. @throws when wrangler does. */
export async function bundleWorker(config: string, directory: string): Promise<void> {
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const args = [wrangler, "deploy", "--dry-run", "--config", config, "--outdir", directory];
  await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...compileCache, WRANGLER_SEND_METRICS: "false" },
  });
}

/** The Worker's Durable Objects, binding → class. */
export const DURABLE_OBJECTS = {
  CHANNEL_SESSION: "ChannelSession",
  AGENT_HUB: "AgentHub",
  GATEWAY_LINK: "GatewayLink",
  CRON_SCHEDULE: "CronSchedule",
};

/** What the Worker's wrangler.toml says, as far as Miniflare needs it. */
export interface BundleOptions {
  directory: string;
  /** Binding → class. */
  durableObjects: Record<string, string>;
  d1?: Record<string, string>;
  bindings?: Record<string, string>;
  assets?: string;
  compatibilityFlags?: string[];
  /** Where state is kept; in memory without it. */
  persist?: string;
  /** Where V8's inspector listens; without it, it does not. */
  inspectorPort?: number;
}

/** Starts a bundle on a free port of this machine. Its log goes nowhere. */
export async function startBundle(options: BundleOptions): Promise<Miniflare> {
  const files = await readdir(options.directory);
  const modules = files.filter((file) => /\.(js|sql)$/.test(file)).sort((a) => (a === "index.js" ? -1 : 1));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modulesRoot: options.directory,
      modules: modules.map((file) => ({
        type: file.endsWith(".sql") ? ("Text" as const) : ("ESModule" as const),
        path: join(options.directory, file),
      })),
      compatibilityDate: "2026-11-02",
      compatibilityFlags: options.compatibilityFlags ?? [],
      durableObjects: Object.fromEntries(
        Object.entries(options.durableObjects).map(([name, className]) => [
          name,
          { className, useSQLite: true },
        ]),
      ),
      d1Databases: options.d1 ?? {},
      bindings: options.bindings ?? {},
      ...(options.assets && { assets: { directory: options.assets, binding: "ASSETS" } }),
      resourcePersistencePath: options.persist,
      ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
      host: "127.0.0.1",
      port: 0,
      cf: false,
      handleStructuredLogs: () => {},
    }),
  );
  await miniflare.ready;
  return miniflare;
}
