/** Migrates values of rig-agent-runtime: a release with one agent. */
import { agentIdExpectation, isAgentId } from "../../shared/character/registry.ts";
import { isRecord } from "../../shared/gateway/payload.ts";
import { characterFile, idFromName } from "./character.ts";
import { cronSection } from "./cron.ts";
import { moveVariables, noDatabase, secretsOfRuntime } from "./environment.ts";
import { isEmpty, withoutEmpty } from "./fields.ts";
import { leftoversOf } from "./leftovers.ts";
import type { GatewayEntry, Leftover, MigratedAgent, MovedSecret } from "./migrated-agent.ts";
import { readValues, runtimeValues } from "./old-values.ts";
import { MigrationStopped } from "./stopped.ts";
import type { JsonObject } from "./values-file.ts";

/** Fields of the values that something becomes of. */
const carried = [
  "character",
  "secrets",
  "cron",
  "extraEnv",
  "tunnel",
  "nodeSelector",
  "tolerations",
  "affinity",
];

/**
 * Migrates the agent of a release.
 *
 * @param agent the id it gets; without one it is made of its name.
 * @throws MigrationStopped when the values cannot be read or their character would not load.
 */
export function migrateRuntime(values: JsonObject, agent: string | undefined): MigratedAgent {
  const read = readValues(runtimeValues, values);
  const { secrets, cron, extraEnv, tunnel, nodeSelector, tolerations, affinity } = read;
  const id = agent ?? idOf(read.character);
  const described = completed(read.character, read.mode);
  const scheduled = cronSection(cron, read.character.cron);
  const file = characterFile("character", { ...described.fields, cron: scheduled.section });
  const environment = moveVariables(
    extraEnv,
    file.character,
    (name, index) => `extraEnv[${index}] (${name})`,
  );
  const { existingSecret } = secrets;
  const moved = [...secretsOfRuntime(existingSecret, file.character), ...environment.secrets];
  const isInDiscord = (file.character.discord ?? file.character.messaging) !== undefined;
  const gateway: GatewayEntry = {
    existingSecret: existingSecret ?? `${id}-bridge`,
    isThere: existingSecret !== undefined,
    scheduling: withoutEmpty({ nodeSelector, tolerations, affinity }),
  };
  return {
    id,
    json: file.json,
    character: file.character,
    secrets: lastOfEachName(moved),
    gateway: isInDiscord && read.mode !== cronOnly ? gateway : null,
    leftovers: [
      ...leftoversOf(values, carried),
      ...tunnelLeftover(tunnel),
      ...secretLeftovers(secrets, existingSecret),
      ...environment.leftovers,
      ...scheduled.leftovers,
    ],
    remarks: [...described.remarks, ...scheduled.remarks, ...file.remarks, ...environment.remarks],
  };
}

function idOf({ name, heartbeat }: JsonObject): string {
  const told = isRecord(heartbeat) ? heartbeat.agentId : undefined;
  const id = typeof told === "string" && isAgentId(told) ? told : idFromName(String(name ?? ""));
  if (id !== undefined) return id;
  throw new MigrationStopped(
    "values",
    `character.name: no id can be made of it; name one with --agent (${agentIdExpectation})`,
  );
}

/** The mode of a release that has no bot. */
const cronOnly = "cron";

/** Puts in what the values leave out, as the original's own examples do. */
function completed(
  character: JsonObject,
  mode: string | undefined,
): { fields: JsonObject; remarks: string[] } {
  const { name, bio, personality, discord, messaging } = character;
  const remarks: string[] = [];
  const fields = { ...character };
  if (isEmpty(personality) && typeof name === "string") {
    fields.personality = [`You are ${name}.`, ...(typeof bio === "string" ? [bio] : [])].join(" ");
    remarks.push("personality: the values have none, so it is made of name and bio; write a better one");
  }
  // Every release had a bot, unless it said otherwise.
  if (isEmpty(discord) && isEmpty(messaging) && mode !== cronOnly) fields.discord = { channels: [] };
  return { fields, remarks };
}

function tunnelLeftover(tunnel: { hostname?: string | undefined } | undefined): Leftover[] {
  if (tunnel === undefined) return [];
  const { hostname } = tunnel;
  const own = hostname === undefined ? "" : `; to keep ${hostname}, make it a custom domain of the Worker`;
  return [{ path: "tunnel", reason: `the Worker has an address of its own${own}` }];
}

function secretLeftovers(secrets: JsonObject, existingSecret: string | undefined): Leftover[] {
  const reason = "a secret in a values file: set it with npx wrangler secret put, and take it out there";
  return [
    ...Object.keys(secrets)
      .filter((name) => name !== "existingSecret")
      .map((name) => ({ path: `secrets.${name}`, reason })),
    ...(existingSecret === undefined
      ? []
      : [{ path: `database-url in ${existingSecret}`, reason: noDatabase }]),
  ];
}

/** A variable of `extraEnv` counts more than the key that the chart reads by itself. */
function lastOfEachName(secrets: readonly MovedSecret[]): MovedSecret[] {
  return secrets.filter(({ name }, index) => secrets.findLastIndex((other) => other.name === name) === index);
}
