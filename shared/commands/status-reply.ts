/**
 * What `/status` says, in lists, which Discord and CommonMark show alike. Whatever could not be read is said to be unknown, and costs
 * nothing else.
 */
import type { ProviderView } from "../chat/protocol.ts";
import type { RigOverview } from "../conductor/overview.ts";
import { inCode } from "../discord/in-code.ts";
import type { SpendView } from "../usage/spend.ts";
import { spendLine } from "./spend-reply.ts";

/** What is known of an agent; `null`: it could not be read. */
export interface AgentStatus {
  /** Display name. */
  name: string;
  provider: ProviderView | null;
  spend: SpendView | null;
  /** `undefined`: it belongs to no conductor. */
  rig: RigOverview | null | undefined;
}

/** Agents that are listed; a larger rig has an API for that. */
const MAX_AGENTS = 20;

export function statusReply({ name, provider, spend, rig }: AgentStatus): string {
  const lines = [
    `**${name}** ${provider ? answering(provider) : "cannot tell right now which model answers."}`,
    `- ${spend ? spendLine(spend) : "What was spent cannot be told right now."}`,
  ];
  if (rig === null) lines.push("- The conductor cannot be reached right now.");
  if (rig) lines.push("", "**Rig**", ...[...agentLines(rig), issuesLine(rig)].map((line) => `- ${line}`));
  return lines.join("\n");
}

function answering({ name, model, ready, note }: ProviderView): string {
  if (!ready) return `cannot answer: ${note ?? `the provider ${name} is not ready.`}`;
  const remark = note === null ? "" : ` ${note}`;
  return `is answered by ${inCode(model)} (${name}).${remark}`;
}

function agentLines({ agents }: RigOverview): string[] {
  if (agents.length === 0) return ["No agent has sent a heartbeat yet."];
  const lines = agents.slice(0, MAX_AGENTS).map(({ agentId, status, working, activeProvider }) => {
    const what = [status, ...(working ? [`on ${working}`] : []), ...(activeProvider ? [activeProvider] : [])];
    return `${sign(status)} ${inCode(agentId)} ${what.join(" · ")}`;
  });
  return agents.length > MAX_AGENTS ? [...lines, `… and ${agents.length - MAX_AGENTS} more`] : lines;
}

function sign(status: string): string {
  if (status === "offline") return "🔴";
  return status === "stuck" ? "🟠" : "🟢";
}

function issuesLine({ issues }: RigOverview): string {
  const known = Object.entries(issues).filter(([, count]) => count > 0);
  if (known.length === 0) return "No issues.";
  return `Issues: ${known.map(([state, count]) => `${count} ${state.replaceAll("_", " ")}`).join(" · ")}`;
}
