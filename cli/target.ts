/** The Worker that a command speaks to: a deployment, or the local run. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { readDeployedAdminToken } from "./deploy/secrets.ts";
import { projectRoot } from "./project.ts";
import { readLocalAdminToken } from "./start/admin-token.ts";
import { findRun } from "./start/state.ts";

/** Where a Worker is, and the token that opens it. */
export interface Deployment {
  url: string;
  adminToken: string;
}

/** A text says why there is none. */
export type Target = Deployment | string;

/** @param url a deployment's origin; without one, the local run. */
export function findTarget(url: string | undefined): Promise<Target> {
  return url === undefined ? localTarget() : remoteTarget(url);
}

/**
 * Runs a command that speaks to a Worker: prints its usage where it was called wrongly or asked for help, and why there is no
 * Worker to speak to.
 *
 * @param options what was read of the command line; `undefined`: a wrong call.
 * @returns the exit code: that of `act`, 0 for help, 1 without a Worker, 2 for a wrong call
 */
export async function runAtTarget<Options extends { url?: string | undefined; help: boolean }>(
  options: Options | undefined,
  usage: string,
  act: (deployment: Deployment, options: Options) => Promise<number>,
): Promise<number> {
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(usage);
    return options === undefined ? 2 : 0;
  }
  const target = await findTarget(options.url);
  if (typeof target !== "string") return act(target, options);
  process.stderr.write(`${target}\n`);
  return 1;
}

async function remoteTarget(url: string): Promise<Target> {
  const adminToken = process.env.ADMIN_TOKEN || (await readDeployedAdminToken());
  return adminToken ? { url, adminToken } : "Set ADMIN_TOKEN to the token of that deployment.";
}

async function localTarget(): Promise<Target> {
  const stateDirectory = resolve(process.env.RIG_STATE_DIR || join(projectRoot, ".wrangler", "state"));
  const url = (await findRun(stateDirectory))?.url;
  if (url == null) return "Nothing runs here: start it with npm start, or name a deployment with --url.";
  const adminToken =
    process.env.ADMIN_TOKEN || (await devVarsAdminToken()) || (await readLocalAdminToken(stateDirectory));
  return adminToken ? { url, adminToken } : "The local run has no ADMIN_TOKEN.";
}

async function devVarsAdminToken(): Promise<string | undefined> {
  return parseEnv(await readFile(join(projectRoot, ".dev.vars"), "utf8").catch(() => "")).ADMIN_TOKEN;
}
