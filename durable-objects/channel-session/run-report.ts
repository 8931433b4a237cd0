import type { Logger } from "../../shared/log.ts";
import { runIdOf } from "../cron-schedule/plan-run.ts";
import type { Env } from "../env.ts";
import type { OpenTurn } from "./store.ts";

/** Tells the agent's schedule that the runs a turn has answered are over. It looks by itself too, if this is lost. */
export function reportRuns(env: Env, agent: string, { messages }: OpenTurn, log: Logger): void {
  for (const { event } of messages) {
    const run = runIdOf(event);
    if (run === undefined) continue;
    const told = env.CRON_SCHEDULE.getByName(agent).over(run);
    void told.catch((error: unknown) => log.log("warn", "cron.untold", { run, cause: String(error) }));
  }
}
