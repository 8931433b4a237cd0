/** Finds the Worker that a command talks to, and its admin token. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { readDeployedAdminToken } from "./deploy/secrets.ts";
import { projectRoot } from "./project.ts";
import { readLocalAdminToken } from "./start/admin-token.ts";
import { findRun } from "./start/state.ts";

/** A Worker that runs. */
export interface Deployment {
  url: string;
  adminToken: string;
}

/**
 * The deployment at an address, or the run on this machine.
 *
 * @returns a text that says why there is none, or no token for it.
 */
export async function findDeployment(url: string | undefined): Promise<Deployment | string> {
  return url === undefined ? localRun() : remoteDeployment(url);
}

async function remoteDeployment(url: string): Promise<Deployment | string> {
  const adminToken = process.env.ADMIN_TOKEN || (await readDeployedAdminToken());
  return adminToken ? { url, adminToken } : "Set ADMIN_TOKEN to the token of that deployment.";
}

async function localRun(): Promise<Deployment | string> {
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
