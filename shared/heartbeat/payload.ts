/** The HEARTBEAT event: what an agent tells its conductor about itself. */
import type { Assignment } from "../assignment/assignment.ts";
import type { Condition } from "./health.ts";

/** The payload of the original runtime, plus the interval, by which a conductor knows when one is missing. */
export interface Heartbeat {
  type: "HEARTBEAT";
  agentId: string;
  status: "idle" | "working";
  currentIssue: number | null;
  currentRepo: string | null;
  activeProvider: string;
  availableProviders: string[];
  providers: (Condition & { active: boolean })[];
  integrations: Condition[];
  intervalSeconds: number;
}

/** What a heartbeat is made of. */
export interface Vitals {
  agentId: string;
  /** What the agent works on; `null`: nothing that was assigned. */
  assignment: Pick<Assignment, "issue"> | null;
  activeProvider: string;
  providers: readonly Condition[];
  integrations: readonly Condition[];
  intervalSeconds: number;
}

export function heartbeat(vitals: Vitals): Heartbeat {
  const { agentId, assignment, activeProvider, providers, integrations, intervalSeconds } = vitals;
  return {
    type: "HEARTBEAT",
    agentId,
    status: assignment ? "working" : "idle",
    currentIssue: assignment?.issue?.issueNumber ?? null,
    currentRepo: assignment?.issue?.repo ?? null,
    activeProvider,
    availableProviders: providers.filter(isAvailable).map(({ name }) => name),
    providers: providers.map((provider) => ({ ...provider, active: provider.name === activeProvider })),
    integrations: [...integrations],
    intervalSeconds,
  };
}

function isAvailable({ status }: Condition): boolean {
  return status !== "not_configured";
}
