import { type SessionAddress, sessionName } from "../../shared/session/name.ts";
import type { SessionApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";
import { callTwice } from "./call-twice.ts";

/**
 * Calls a session.
 *
 * @param timeoutMs for each of two tries.
 * @see callTwice
 */
export function callSession<T>(
  env: Env,
  address: SessionAddress,
  call: (session: Stub<SessionApi>) => Promise<T>,
  timeoutMs?: number,
): Promise<T> {
  return callTwice(() => call(env.CHANNEL_SESSION.getByName(sessionName(address))), { timeoutMs });
}
