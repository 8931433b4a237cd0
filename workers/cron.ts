import { agents } from "../agents/index.ts";
import { findAgentIfAny } from "../durable-objects/agent/find-agent.ts";
import type { Env } from "../durable-objects/env.ts";
import { createLogger } from "../shared/log.ts";
import { conductorTick } from "./conductor-tick.ts";

const log = createLogger();

/**
 * The Cron Trigger of every minute. Agents do not wait for each other; what fails is made up for by the next tick.
 *
 * @throws when something has failed, so that the platform's own record of the trigger says so.
 */
export async function scheduled({ scheduledTime }: ScheduledController, env: Env): Promise<void> {
  const work = [
    ...agents.ids.flatMap((id) => ticksOf(id, scheduledTime, env)),
    { of: "the conductor", done: conductorTick(env, Date.now()) },
  ];
  const outcomes = await Promise.allSettled<unknown>(work.map(({ done }) => done));
  const failed = work.filter(({ of }, index) => {
    const outcome = outcomes[index];
    if (outcome?.status !== "rejected") return false;
    log.log("warn", "cron.tick_failed", { of, cause: String(outcome.reason) });
    return true;
  });
  if (failed.length > 0) throw new Error(`no tick for ${failed.map(({ of }) => of).join(", ")}`);
}

/** Wakes the rooms of an agent that have something to do by the clock. */
function ticksOf(id: string, scheduledTime: number, env: Env): { of: string; done: Promise<void> }[] {
  const character = findAgentIfAny(id)?.character;
  if (!character) return [];
  const { cron, heartbeat, assignments } = character;
  const isTimed = cron.some(({ schedule }) => schedule !== undefined);
  return [
    ...(isTimed ? [{ of: id, done: env.CRON_SCHEDULE.getByName(id).tick(scheduledTime) }] : []),
    ...(heartbeat || assignments ? [{ of: `${id}'s hub`, done: env.AGENT_HUB.getByName(id).tick() }] : []),
  ];
}
