/** `rig conductor rebuild`: makes the coordinator's projections anew from its log of events. */
import { parseArgs } from "node:util";
import * as z from "zod";
import { runAtTarget } from "./target.ts";

const usage = `Usage: rig conductor rebuild [--url <origin>]

Makes the conductor's tables of issues and agents anew from its log of events. It can be repeated, and runs beside agents.
  --url  the deployment, such as https://rig-edge.example.workers.dev (default: the local run)

ADMIN_TOKEN is read as rig login-link reads it.
`;

const progress = z.object({ streams: z.int(), events: z.int(), next: z.string().nullable() });

/** How much was read. */
export interface Rebuilt {
  streams: number;
  events: number;
}

/**
 * Asks a Worker to rebuild, as often as it takes.
 *
 * @throws Error when the Worker refuses or answers something else.
 */
export async function rebuildConductor(target: { url: string; adminToken: string }): Promise<Rebuilt> {
  const total: Rebuilt = { streams: 0, events: 0 };
  let after: string | null = "";
  while (after !== null) {
    const response = await fetch(new URL("/api/conductor/rebuild", target.url), {
      method: "POST",
      headers: { Authorization: `Bearer ${target.adminToken}`, "Content-Type": "application/json" },
      body: JSON.stringify({ after }),
    });
    if (!response.ok) throw new Error(`${target.url} answered ${response.status}: ${await response.text()}`);
    const step: z.infer<typeof progress> = progress.parse(await response.json());
    total.streams += step.streams;
    total.events += step.events;
    after = step.next;
  }
  return total;
}

/**
 * Runs the command.
 *
 * @param argv what follows `rig conductor`
 * @returns the exit code: 0, 1 when it could not be done, 2 for a wrong call
 */
export function runConductor(argv: readonly string[]): Promise<number> {
  return runAtTarget(readOptions(argv), usage, async (target) => {
    try {
      const { streams, events } = await rebuildConductor(target);
      process.stdout.write(`Rebuilt ${streams} streams from ${events} events.\n`);
      return 0;
    } catch (error) {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      return 1;
    }
  });
}

interface Options {
  url?: string;
  help: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { url: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
    });
    if (values.help) return values;
    const isRebuild = positionals.length === 1 && positionals[0] === "rebuild";
    return isRebuild && (values.url === undefined || URL.canParse(values.url)) ? values : undefined;
  } catch {
    return undefined;
  }
}
