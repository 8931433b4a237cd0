/** The Worker that a command speaks to: a deployment, or the local run. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { readDeployedAdminToken } from "./deploy/secrets.ts";
import { projectRoot } from "./project.ts";
import { readLocalAdminToken } from "./start/admin-token.ts";
import { findRun } from "./start/state.ts";

/** Where it is and the token that opens it; a text says why there is none. */
export type Target = { url: string; adminToken: string } | string;

/** @param url a deployment's origin; without one, the local run. */
export function findTarget(url: string | undefined): Promise<Target> {
  return url === undefined ? localTarget() : remoteTarget(url);
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
