/** What a migration writes. Pure: it is told what is there, and says what is to be there afterwards. */

import { registrationOf } from "../check/registration.ts";
import { addMinuteTrigger, everyMinute } from "./cron-trigger.ts";
import { type GatewayValuesOptions, gatewayValuesFile, withGatewayAgents } from "./gateway-values.ts";
import type { MigratedAgent } from "./migrated-agent.ts";
import { registerAgent } from "./register-agent.ts";
import { MigrationStopped } from "./stopped.ts";

/** A file to write; paths are relative to the project, with forward slashes. */
export interface PlannedFile {
  path: string;
  content: string;
  /** `what` it brings, for the report. */
  what: string;
}

/** Files to write, and what a person has to do to others. */
export interface FilePlan {
  files: PlannedFile[];
  remarks: string[];
}

/** The text of a file that is there, `undefined` of one that is not. */
export type ReadFile = (path: string) => string | undefined;

const registryFile = "agents/index.ts";
const workerFile = "wrangler.toml";

/**
 * Plans the files of migrated agents.
 *
 * @throws MigrationStopped when something is there that would be overwritten, and `force` is not set.
 */
export function planFiles(
  agents: readonly MigratedAgent[],
  read: ReadFile,
  options: GatewayValuesOptions,
): FilePlan {
  const plans = [
    characters(agents, read, options.force),
    registry(agents, read(registryFile)),
    cronTrigger(agents, read(workerFile)),
    gatewayValues(agents, read(gatewayValuesFile), options),
  ];
  return {
    files: plans.flatMap(({ files }) => files),
    remarks: plans.flatMap(({ remarks }) => remarks),
  };
}

function characters(agents: readonly MigratedAgent[], read: ReadFile, force: boolean): FilePlan {
  const files = agents.map(({ id, json, character }): PlannedFile => {
    const jobs = character.cron.map(({ schedule, suspend }) =>
      suspend ? "suspended" : (schedule ?? "by hand"),
    );
    const what = [character.name, ...jobs.map((job) => `a job (${job})`)].join(", ");
    return { path: `agents/${id}/character.json`, content: `${JSON.stringify(json, null, 2)}\n`, what };
  });
  const existing = files.filter(({ path, content }) => (read(path) ?? content) !== content);
  if (existing.length > 0 && !force) {
    const lines = existing.map(({ path }) => `${path} is there already; --force overwrites it`);
    throw new MigrationStopped("conflict", lines.join("\n"));
  }
  return { files: files.filter(({ path, content }) => read(path) !== content), remarks: [] };
}

function registry(agents: readonly MigratedAgent[], source: string | undefined): FilePlan {
  let changed = source;
  const remarks: string[] = [];
  for (const { id } of agents) {
    const registered = changed === undefined ? undefined : registerAgent(changed, id);
    if (registered === undefined) {
      const { importLine, entry } = registrationOf(id);
      remarks.push(`${registryFile}: add ${importLine} and the entry ${entry}`);
    } else changed = registered;
  }
  if (changed === undefined || changed === source) return { files: [], remarks };
  const what = `the ${agents.length === 1 ? "entry" : "entries"} of ${agents.map(({ id }) => id).join(", ")}`;
  return { files: [{ path: registryFile, content: changed, what }], remarks };
}

/** Every schedule is in a character; what wakes the Worker to look at them is one trigger for all. */
function cronTrigger(agents: readonly MigratedAgent[], toml: string | undefined): FilePlan {
  if (!agents.some(({ character }) => character.cron.some(({ schedule }) => schedule !== undefined))) {
    return { files: [], remarks: [] };
  }
  const change = toml === undefined ? { kind: "unclear" as const } : addMinuteTrigger(toml);
  const trigger = `crons = ["${everyMinute}"]`;
  switch (change.kind) {
    case "there":
      return {
        files: [],
        remarks: [`${workerFile}: stays as it is: its one Cron Trigger drives the jobs of all agents`],
      };
    case "added":
      return {
        files: [{ path: workerFile, content: change.toml, what: `[triggers] ${trigger}` }],
        remarks: [],
      };
    case "unclear":
      return {
        files: [],
        remarks: [`${workerFile}: needs ${trigger} under [triggers], for all jobs together`],
      };
    default:
      throw change satisfies never;
  }
}

function gatewayValues(
  agents: readonly MigratedAgent[],
  existing: string | undefined,
  options: GatewayValuesOptions,
): FilePlan {
  const bridged = agents.flatMap(({ id, gateway }) => (gateway === null ? [] : [{ id, entry: gateway }]));
  const remarks = agents
    .filter(({ gateway }) => gateway === null)
    .map(({ id }) => `${gatewayValuesFile}: no entry for ${id}, which is not in Discord`);
  if (bridged.length === 0) return { files: [], remarks };
  const content = withGatewayAgents(existing, bridged, options);
  if (content === existing) return { files: [], remarks };
  const what = `agents.${bridged.map(({ id }) => id).join(", agents.")}`;
  return { files: [{ path: gatewayValuesFile, content, what }], remarks };
}
