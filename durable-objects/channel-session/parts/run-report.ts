import { isAssignmentEvent } from "../../../shared/assignment/assignment.ts";
import { runIdOf } from "../../../shared/cron/run.ts";
import type { Logger } from "../../../shared/log.ts";
import { callHub } from "../../clients/hub-client.ts";
import type { Env } from "../../env.ts";
import type { OpenTurn } from "../engine/store.ts";

/**
 * Tells the agent's schedule that the runs a turn has answered are over, and its hub that an assignment is. Both look by
 * themselves too, if this is lost.
 */
export function reportRuns(env: Env, agent: string, { messages }: OpenTurn, log: Logger): void {
  if (messages.some(({ event }) => isAssignmentEvent(event))) {
    const told = callHub(env, agent, async (hub) => hub.assignmentOver());
    void told.catch((error: unknown) => log.log("warn", "assignment.untold", { cause: String(error) }));
  }
  for (const { event } of messages) {
    const run = runIdOf(event);
    if (run === undefined) continue;
    const told = env.CRON_SCHEDULE.getByName(agent).over(run);
    void told.catch((error: unknown) => log.log("warn", "cron.untold", { run, cause: String(error) }));
  }
}
