import { type SessionAddress, sessionName } from "../../shared/session/name.ts";
import { withDeadline } from "../../shared/time/deadline.ts";
import type { Env } from "../env.ts";
import type { ChannelSession } from "./channel-session.ts";

/** How long one try may take when its caller does not say, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** A session that restarts, as it does with each deploy, fails the calls that it was busy with: the second try finds it new. */
const TRIES = 2;

/**
 * Calls a session. Whatever is called must not mind being called twice.
 *
 * @param timeoutMs for each of two tries.
 * @throws why it could not be reached.
 */
export async function callSession<T>(
  env: Env,
  address: SessionAddress,
  call: (session: DurableObjectStub<ChannelSession>) => Promise<T>,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  for (let tryNumber = 1; ; tryNumber++) {
    try {
      // A stub that has thrown stays broken, so each try has its own.
      const session = env.CHANNEL_SESSION.getByName(sessionName(address));
      return await withDeadline(call(session), timeoutMs);
    } catch (error) {
      if (tryNumber === TRIES) throw error;
    }
  }
}
