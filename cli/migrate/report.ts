/** What `rig migrate` says. */
import type { FilePlan } from "./files.ts";
import { gatewayValuesFile } from "./gateway-values.ts";
import type { MigratedAgent } from "./migrated-agent.ts";
import { secretCommands } from "./secret-commands.ts";

/** What the report is about. */
export interface Migration {
  agents: readonly MigratedAgent[];
  plan: FilePlan;
  /** About the values files themselves. */
  remarks: readonly string[];
  /** Nothing is written. */
  isRehearsal: boolean;
}

/** The whole report. It names secrets and never holds one. */
export function renderMigration({ agents, plan, remarks, isRehearsal }: Migration): string {
  const several = agents.length > 1;
  const named = (id: string, text: string) => (several ? `${id}: ${text}` : text);
  const written = plan.files.map(({ path, what }) => `${path}  (${what})`);
  const decided = [
    ...remarks,
    ...plan.remarks,
    ...agents.flatMap(({ id, remarks }) => remarks.map((remark) => named(id, remark))),
  ];
  const leftovers = agents.flatMap((agent) =>
    agent.leftovers.map(({ path, reason }) => `${path}: ${reason}`),
  );
  return [
    section(isRehearsal ? "Would write" : "Written", written, "nothing: all of it is there already"),
    section("Look at", decided),
    section("Not carried over", leftovers),
    ...agents.map((agent) => section(`Secrets of ${agent.id}, line by line`, secretCommands(agent))),
    section("Then", nextSteps(agents)),
  ].join("");
}

function section(title: string, lines: readonly string[], otherwise?: string): string {
  const shown = lines.length === 0 && otherwise !== undefined ? [otherwise] : lines;
  return shown.length === 0 ? "" : `${title}:\n${shown.map((line) => `  ${line}\n`).join("")}\n`;
}

function nextSteps(agents: readonly MigratedAgent[]): string[] {
  const isBridged = agents.some(({ gateway }) => gateway !== null);
  return [
    "npm run fix && npx rig check",
    "npm run deploy, then the secrets above",
    ...(isBridged
      ? [
          `${gatewayValuesFile}: defaults.workerUrl is the address that the deployment prints; add defaults.image.repository`,
          "helm uninstall the old release, for two gateways of one bot would both answer, and at once:",
          `helm upgrade --install bridge charts/gateway-bridge --values ${gatewayValuesFile}`,
        ]
      : []),
    "docs/kubernetes.md tells the whole way",
  ];
}
