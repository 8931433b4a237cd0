import type { Env } from "../env.ts";
import type { AgentHub } from "./agent-hub.ts";

/** How long one try may take, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** A hub that restarts, as it does with each deploy, fails the calls that it was busy with: the second try finds it new. */
const TRIES = 2;

/**
 * Calls an agent's hub. Whatever is called must not mind being called twice.
 *
 * @param signal ends the wait.
 * @throws the signal's reason, or why the hub could not be reached.
 */
export async function callHub<T>(
  env: Env,
  agent: string,
  call: (hub: DurableObjectStub<AgentHub>) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (let tryNumber = 1; ; tryNumber++) {
    try {
      // A stub that has thrown stays broken, so each try has its own.
      return await unlessAborted(call(env.AGENT_HUB.getByName(agent)), signal);
    } catch (error) {
      if (signal?.aborted || tryNumber === TRIES) throw error;
    }
  }
}

async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
