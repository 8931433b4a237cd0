/** What is known of an agent: a fold over the events of its stream. */
import type { StoredEvent } from "./event.ts";

/** Heartbeats that may be missing before an agent counts as offline. */
export const MISSED_HEARTBEATS = 3;

/** Between two heartbeats, when they do not say. */
const DEFAULT_INTERVAL_SECONDS = 60;

/** As its last heartbeat said. Times are Unix milliseconds. */
export interface RigAgent {
  agentId: string;
  status: string;
  currentIssue: number | string | null;
  currentRepo: string | null;
  activeProvider: string | null;
  availableProviders: string[];
  /** Health of each AI provider, as the agent wrote it. */
  providers: Record<string, unknown>[];
  /** Health of Discord, the conductor, MCP servers, webhooks and the like, as the agent wrote it. */
  integrations: Record<string, unknown>[];
  intervalSeconds: number;
  lastHeartbeat: number;
}

/** The agent after one more event of its stream; known from its first heartbeat on. */
export function applyToAgent(agent: RigAgent | null, event: StoredEvent): RigAgent | null {
  switch (event.type) {
    case "HEARTBEAT": {
      const { data, at } = event;
      return {
        agentId: data.agentId,
        status: data.status ?? "online",
        currentIssue: data.currentIssue ?? null,
        currentRepo: data.currentRepo ?? null,
        activeProvider: data.activeProvider ?? null,
        availableProviders: data.availableProviders ?? [],
        providers: data.providers ?? [],
        integrations: data.integrations ?? [],
        intervalSeconds: data.intervalSeconds ?? DEFAULT_INTERVAL_SECONDS,
        lastHeartbeat: at,
      };
    }
    case "AGENT_STUCK":
      return agent && { ...agent, status: "stuck" };
    default:
      return agent;
  }
}

/** Whether an agent has missed {@link MISSED_HEARTBEATS} heartbeats. */
export function isOffline({ lastHeartbeat, intervalSeconds }: RigAgent, now: number): boolean {
  return now - lastHeartbeat > MISSED_HEARTBEATS * intervalSeconds * 1000;
}
