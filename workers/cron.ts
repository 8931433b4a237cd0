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
  const ticks = agents.ids.flatMap((agent) => ticksOf(agent, scheduledTime, env));
  const outcomes = await Promise.allSettled(ticks.map(({ done }) => done));
  const failed = ticks.filter(({ agent, room }, index) => {
    const outcome = outcomes[index];
    if (outcome?.status !== "rejected") return false;
    log.log("warn", "cron.tick_failed", { agent, room, cause: String(outcome.reason) });
    return true;
  });
  if (failed.length > 0) throw new Error(`no tick for ${failed.map(({ agent }) => agent).join(", ")}`);
}

interface Tick {
  agent: string;
  room: "schedule" | "hub";
  done: Promise<void>;
}

/** Rooms of the agent that have something to do by the clock; the others are left asleep. */
function ticksOf(agent: string, scheduledTime: number, env: Env): Tick[] {
  const character = findAgentIfAny(agent)?.character;
  if (!character) return [];
  const ticks: Tick[] = [];
  if (character.cron.some(({ schedule }) => schedule !== undefined))
    ticks.push({ agent, room: "schedule", done: env.CRON_SCHEDULE.getByName(agent).tick(scheduledTime) });
  if (character.heartbeat || character.assignments)
    ticks.push({ agent, room: "hub", done: env.AGENT_HUB.getByName(agent).tick() });
  return ticks;
}
