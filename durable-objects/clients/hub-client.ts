import type { HubApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";
import { callTwice } from "./call-twice.ts";

/**
 * Calls an agent's hub.
 *
 * @param signal ends the wait.
 * @see callTwice
 */
export function callHub<T>(
  env: Env,
  agent: string,
  call: (hub: Stub<HubApi>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return callTwice(() => call(env.AGENT_HUB.getByName(agent)), { signal });
}
