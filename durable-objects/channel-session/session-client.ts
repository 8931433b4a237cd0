import { type SessionAddress, sessionName } from "../../shared/session/name.ts";
import { callTwice } from "../call-twice.ts";
import type { Env } from "../env.ts";
import type { ChannelSession } from "./channel-session.ts";

/**
 * Calls a session.
 *
 * @param timeoutMs for each of two tries.
 * @see callTwice
 */
export function callSession<T>(
  env: Env,
  address: SessionAddress,
  call: (session: DurableObjectStub<ChannelSession>) => Promise<T>,
  timeoutMs?: number,
): Promise<T> {
  return callTwice(() => call(env.CHANNEL_SESSION.getByName(sessionName(address))), { timeoutMs });
}
