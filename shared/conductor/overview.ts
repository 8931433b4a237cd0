/** The rig at a glance. */
import { isOffline, type RigAgent } from "./agent.ts";
import { type IssueState, issueStates } from "./issue.ts";

export interface RigOverview {
  agents: AgentGlance[];
  /** How many issues are in each state. */
  issues: Record<IssueState, number>;
}

/** An agent as its last heartbeat said, or `offline` when that is too long ago. */
export interface AgentGlance {
  agentId: string;
  status: string;
  /** The issue that it works on, as `<repo>#<number>`. */
  working: string | null;
  activeProvider: string | null;
}

/** @param now Unix milliseconds. */
export function overviewOf(
  agents: readonly RigAgent[],
  states: readonly IssueState[],
  now: number,
): RigOverview {
  return { agents: agents.map((agent) => glanceAt(agent, now)), issues: countStates(states) };
}

function glanceAt(agent: RigAgent, now: number): AgentGlance {
  const { agentId, activeProvider } = agent;
  const status = isOffline(agent, now) ? "offline" : agent.status;
  return { agentId, status, working: workingOn(agent), activeProvider };
}

/** What a heartbeat says of an agent's work. */
export function workingOn({
  currentIssue,
  currentRepo,
}: Partial<Pick<RigAgent, "currentIssue" | "currentRepo">>): string | null {
  if (currentIssue === undefined || currentIssue === null) return null;
  return `${currentRepo ?? ""}#${currentIssue}`;
}

export function countStates(states: readonly IssueState[]): Record<IssueState, number> {
  const counts = Object.fromEntries(issueStates.map((state) => [state, 0])) as Record<IssueState, number>;
  for (const state of states) counts[state] += 1;
  return counts;
}
