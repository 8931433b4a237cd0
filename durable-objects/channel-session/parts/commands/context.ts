import type { Agent } from "../../../../shared/character/registry.ts";
import type { Logger } from "../../../../shared/log.ts";
import type { InboundEvent } from "../../../../shared/session/event.ts";
import type { Env } from "../../../env.ts";

/** What answering a command takes. */
export interface CommandContext {
  env: Env;
  agent: Agent;
  /** What asks; its author is who the answer is for. */
  event: InboundEvent;
  /** When it came in. Times are Unix milliseconds. */
  askedAt: number;
  now: () => number;
  log: Logger;
}

/** Reads one part of an answer that does without it when it cannot be read. */
export async function readIfPossible<T>(
  { log }: CommandContext,
  what: string,
  reading: Promise<T>,
): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    log.log("warn", "command.part_unknown", { what, cause: String(error) });
    return null;
  }
}
