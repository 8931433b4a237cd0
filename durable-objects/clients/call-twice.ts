import type { Logger } from "../../shared/log.ts";
import { withDeadline } from "../../shared/time/deadline.ts";

/** How long one try may take when its caller does not say, in milliseconds. */
const TIMEOUT_MS = 5_000;
/** An object that restarts, as it does with each deploy, fails the calls that it was busy with: the second try finds it new. */
const TRIES = 2;

/**
 * Calls a Durable Object, and once more when that fails. Whatever is called must not mind being called twice.
 *
 * @param call gets a stub of its own each time: one that has thrown stays broken.
 * @param options `timeoutMs` is for each try; `signal` ends the wait; `log` hears of a first try that failed.
 * @throws the signal's reason, or why the object could not be reached.
 */
export async function callTwice<T>(
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
