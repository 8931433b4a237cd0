/** `rig login-link`: a URL that signs a browser in. */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { createTicket } from "../shared/auth/ticket.ts";
import { runAtTarget } from "./target.ts";

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
export function runLoginLink(argv: readonly string[]): Promise<number> {
  return runAtTarget(readOptions(argv), usage, async (target) => {
    process.stdout.write(`${await loginUrl(target.url, target.adminToken)}\n`);
    return 0;
  });
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
