import { agents } from "../agents/index.ts";
import { findAgentIfAny } from "../durable-objects/channel-session/agent-parts.ts";
import type { Env } from "../durable-objects/env.ts";
import { createLogger } from "../shared/log.ts";

const log = createLogger();

/**
 * The Cron Trigger of every minute. Agents do not wait for each other; what fails is made up for by the next tick.
 *
 * @throws when something has failed, so that the platform's own record of the trigger says so.
 */
export async function scheduled({ scheduledTime }: ScheduledController, env: Env): Promise<void> {
  const timed = agents.ids.filter((id) => hasTimedJob(id));
  const outcomes = await Promise.allSettled(
    timed.map((id) => env.CRON_SCHEDULE.getByName(id).tick(scheduledTime)),
  );
  const failed = timed.filter((id, index) => {
    const outcome = outcomes[index];
    if (outcome?.status !== "rejected") return false;
    log.log("warn", "cron.tick_failed", { agent: id, cause: String(outcome.reason) });
    return true;
  });
  if (failed.length > 0) throw new Error(`no tick for ${failed.join(", ")}`);
}

function hasTimedJob(id: string): boolean {
  return findAgentIfAny(id)?.character.cron.some(({ schedule }) => schedule !== undefined) ?? false;
}
