/** Tells by its values which chart it is, and migrates its agents. */
import { isRecord } from "../../shared/gateway/payload.ts";
import { migrateBrokerMap, migrateBrokerPreset } from "./agent-broker.ts";
import { migrateRuntime } from "./agent-runtime.ts";
import type { MigratedAgent } from "./migrated-agent.ts";
import { MigrationStopped } from "./stopped.ts";
import type { JsonObject } from "./values-file.ts";

/** A chart that values may be of. The two forms of agent-broker differ in where an agent's settings stand. */
type Chart = "rig-agent-runtime" | "agent-broker, agents" | "agent-broker, preset" | "gateway-bridge";

/** Fields that one of the charts alone has. */
const runtimeFields = [
  "character",
  "mode",
  "secrets",
  "cron",
  "redis",
  "workers",
  "dashboard",
  "tunnel",
  "extraEnv",
];

/**
 * Migrates the agents of a release.
 *
 * @param values all its values.
 * @param agent the id that the agent gets; of several agents the only one to migrate.
 * @throws MigrationStopped when they are no values of these charts, or cannot be read.
 */
export function migrateValues(values: JsonObject, agent: string | undefined): MigratedAgent[] {
  const chart = chartOf(values);
  switch (chart) {
    case "rig-agent-runtime":
      return [migrateRuntime(values, agent)];
    case "agent-broker, agents":
      return migrateBrokerMap(values, agent);
    case "agent-broker, preset":
      return [migrateBrokerPreset(values, agent)];
    case "gateway-bridge":
      throw new MigrationStopped("chart", "found values of gateway-bridge, which are the new ones already");
    case undefined: {
      const message =
        "expected values of rig-agent-runtime (character, secrets …) or of agent-broker (agents …)";
      throw new MigrationStopped("chart", message);
    }
    default:
      throw chart satisfies never;
  }
}

function chartOf(values: JsonObject): Chart | undefined {
  const has = (name: string) => Object.hasOwn(values, name);
  if (runtimeFields.some(has)) return "rig-agent-runtime";
  if (has("agents")) return isBridged(values) ? "gateway-bridge" : "agent-broker, agents";
  if (has("agent") || has("discord")) return "agent-broker, preset";
  return undefined;
}

/** Only the new chart knows the Worker. */
function isBridged({ agents, defaults }: JsonObject): boolean {
  const entries = [defaults, ...(isRecord(agents) ? Object.values(agents) : [])];
  return entries.some((entry) => isRecord(entry) && Object.hasOwn(entry, "workerUrl"));
}
