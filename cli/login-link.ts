/** `rig login-link`: a URL that signs a browser in. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs, parseEnv } from "node:util";
import { createTicket } from "../shared/auth/ticket.ts";
import { readDeployedAdminToken } from "./deploy/secrets.ts";
import { projectRoot } from "./project.ts";
import { readLocalAdminToken } from "./start/admin-token.ts";
import { findRun } from "./start/state.ts";

const usage = `Usage: rig login-link [--url <origin>]

Prints a URL that signs a browser in, once, within an hour.
  --url  the deployment, such as https://rig-edge.example.workers.dev (default: the local run)

The ticket in it is made from ADMIN_TOKEN: from the shell, else the one that rig deploy made here; for the local run
else from .dev.vars or its own state.
`;

/**
 * The URL that signs a browser in at a deployment: good once, for an hour.
 *
 * @param origin such as `https://rig-edge.example.workers.dev`; a path is kept out.
 */
export async function loginUrl(origin: string, adminToken: string): Promise<string> {
  const url = new URL("/login", origin);
  url.searchParams.set("ticket", await createTicket(adminToken, { now: Date.now(), random: randomBytes }));
  return url.href;
}

/**
 * Runs the command.
 *
 * @param argv what follows `rig login-link`
 * @returns the exit code: 0, 1 when there is no admin token or no local run, 2 for a wrong call
 */
export async function runLoginLink(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(usage);
    return options === undefined ? 2 : 0;
  }
  const target = options.url === undefined ? await localTarget() : await remoteTarget(options.url);
  if (typeof target === "string") {
    process.stderr.write(`${target}\n`);
    return 1;
  }
  process.stdout.write(`${await loginUrl(target.url, target.adminToken)}\n`);
  return 0;
}

interface Options {
  url?: string;
  help: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { url: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
    });
    return values.url === undefined || URL.canParse(values.url) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** Where to sign in and with which token; a text says why not. */
type Target = { url: string; adminToken: string } | string;

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
