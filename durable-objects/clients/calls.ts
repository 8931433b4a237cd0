/** How objects are called by each other and by the doors: by their contract, and twice if need be. */
import { type LinkAddress, linkName } from "../../shared/bridge/link-name.ts";
import type { Logger } from "../../shared/log.ts";
import { type SessionAddress, sessionName } from "../../shared/session/name.ts";
import { withDeadline } from "../../shared/time/deadline.ts";
import type { HubApi, LinkApi, SessionApi } from "../contracts.ts";
import type { Env, Stub } from "../env.ts";

/** How long one try may take when its caller does not say, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** An object that restarts, as it does with each deploy, fails the calls that it was busy with: the second try finds it new. */
const TRIES = 2;

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

/**
 * Calls the link of a shard.
 *
 * @see callTwice
 */
export function callLink<T>(
  env: Env,
  address: LinkAddress,
  call: (link: Stub<LinkApi>) => Promise<T>,
): Promise<T> {
  return callTwice(() => call(env.GATEWAY_LINK.getByName(linkName(address))));
}

/**
 * Calls a Durable Object, and once more when that fails. Whatever is called must not mind being called twice.
 *
 * @param call gets a stub of its own each time: one that has thrown stays broken.
 * @param options `timeoutMs` is for each try; `signal` ends the wait; `log` hears of a first try that failed.
 * @throws the signal's reason, or why the object could not be reached.
 */
async function callTwice<T>(
  call: () => Promise<T>,
  {
    timeoutMs = TIMEOUT_MS,
    signal,
    log,
  }: { timeoutMs?: number | undefined; signal?: AbortSignal | undefined; log?: Logger | undefined } = {},
): Promise<T> {
  for (let tryNumber = 1; ; tryNumber++) {
    try {
      return await withDeadline(call(), timeoutMs, signal);
    } catch (error) {
      if (signal?.aborted || tryNumber === TRIES) throw error;
      log?.log("info", "object.called_again", { cause: String(error) });
    }
  }
}
