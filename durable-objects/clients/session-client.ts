import type { Logger } from "../../shared/log.ts";
import { type SessionAddress, sessionName } from "../../shared/session/name.ts";
import type { SessionApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";
import { callTwice } from "./call-twice.ts";

/**
 * Calls a session.
 *
 * @param options `timeoutMs` is for each of two tries; `log` hears of the first when it fails.
 * @see callTwice
 */
export function callSession<T>(
  env: Env,
  address: SessionAddress,
  call: (session: Stub<SessionApi>) => Promise<T>,
  options: { timeoutMs?: number; log?: Logger } = {},
): Promise<T> {
  const log = options.log?.with({ object: "session", conversation: address.conversation });
  return callTwice(() => call(env.CHANNEL_SESSION.getByName(sessionName(address))), { ...options, log });
}
