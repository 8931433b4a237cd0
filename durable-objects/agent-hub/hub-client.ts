import { callTwice } from "../call-twice.ts";
import type { Env } from "../env.ts";
import type { AgentHub } from "./agent-hub.ts";

/**
 * Calls an agent's hub.
 *
 * @param signal ends the wait.
 * @see callTwice
 */
export function callHub<T>(
  env: Env,
  agent: string,
  call: (hub: DurableObjectStub<AgentHub>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return callTwice(() => call(env.AGENT_HUB.getByName(agent)), { signal });
}
