import { isAssignmentEvent } from "../../../shared/assignment/assignment.ts";
import { runIdOf } from "../../../shared/cron/run.ts";
import type { Logger } from "../../../shared/log.ts";
import { callHub } from "../../clients/calls.ts";
import type { Env } from "../../env.ts";
import type { OpenTurn } from "../engine/open-turn.ts";
import type { Part } from "./part.ts";

/**
 * Tells the agent's schedule that the runs a turn has answered are over, and its hub that an assignment is. Both look by
 * themselves too, if this is lost.
 */
export class RunReport implements Part {
  readonly #env: Env;
  readonly #agent: string;
  readonly #log: Logger;

  constructor(env: Env, agent: string, log: Logger) {
    this.#env = env;
    this.#agent = agent;
    this.#log = log;
  }

  afterTurn({ messages }: OpenTurn, isOver: boolean): void {
    if (!isOver) return;
    if (messages.some(({ event }) => isAssignmentEvent(event))) {
      const told = callHub(this.#env, this.#agent, async (hub) => hub.assignmentOver());
      void told.catch((error: unknown) => this.#warn("assignment.untold", error));
    }
    for (const { event } of messages) {
      const run = runIdOf(event);
      if (run === undefined) continue;
      const told = this.#env.CRON_SCHEDULE.getByName(this.#agent).over(run);
      void told.catch((error: unknown) => this.#warn("cron.untold", error));
    }
  }

  #warn(what: string, error: unknown): void {
    this.#log.log("warn", what, { cause: String(error) });
  }
}
