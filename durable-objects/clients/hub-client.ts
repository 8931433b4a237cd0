import type { Logger } from "../../shared/log.ts";
import type { HubApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";
import { callTwice } from "./call-twice.ts";

/**
 * Calls an agent's hub.
 *
 * @param signal ends the wait.
 * @param log hears of a first try that fails.
 * @see callTwice
 */
export function callHub<T>(
  env: Env,
  agent: string,
  call: (hub: Stub<HubApi>) => Promise<T>,
  signal?: AbortSignal,
  log?: Logger,
): Promise<T> {
  return callTwice(() => call(env.AGENT_HUB.getByName(agent)), { signal, log: log?.with({ object: "hub" }) });
}
