/** Interactions that come over the Gateway, as they do where an application has no endpoint URL. */
import type { Agent } from "../../shared/character/registry.ts";
import { interactionEventId } from "../../shared/discord/event-id.ts";
import { snowflakeTime } from "../../shared/discord/snowflake.ts";
import type { Interaction, UserInteraction } from "../../shared/interaction/interaction.ts";
import { type Plan, planInteraction } from "../../shared/interaction/plan.ts";
import type { InteractionResponse } from "../../shared/interaction/response.ts";
import type { Logger } from "../../shared/log.ts";
import { carryOut } from "../agent/interaction/carry-out.ts";
import type { DiscordConnection } from "../clients/discord-client.ts";
import type { Env } from "../env.ts";
import type { Errand } from "./errands.ts";

/** How long Discord waits for the first answer, in milliseconds (Discord, "Responding to an Interaction"). */
const ANSWER_WITHIN_MS = 3_000;

export interface InteractionParts {
  agent: Agent;
  env: Env;
  discord: DiscordConnection;
  log: Logger;
  /** Unix milliseconds. */
  now: () => number;
}

/** Takes interactions, with the settings of one moment. */
export class Interactions {
  readonly #parts: InteractionParts;

  constructor(parts: InteractionParts) {
    this.#parts = parts;
  }

  /** @returns `null` for one that Discord does not wait for any more, such as one that is replayed after a pause. */
  take(interaction: Interaction): Errand | null {
    if (interaction.kind === "ping") return null;
    const trace = interactionEventId(interaction.id);
    const ageMs = this.#parts.now() - snowflakeTime(interaction.id);
    if (ageMs >= ANSWER_WITHIN_MS) {
      this.#parts.log.log("warn", "interaction.late", { trace, ageMs });
      return null;
    }
    // It waits for nothing that was written in its channel: there is no time.
    return { trace, channelId: trace, run: () => this.#run(interaction, trace) };
  }

  async #run(interaction: UserInteraction, trace: string): Promise<void> {
    const { agent, env, now } = this.#parts;
    const log = this.#parts.log.with({ trace });
    const plan = planInteraction(interaction, agent, now());
    const carriedOut = carryOut(plan, { agent, env, log, now: now() });
    void this.#answer(interaction, carriedOut, trace);
    if (isStored(plan)) await carriedOut;
  }

  /** The Gateway's next events do not wait for this; what was stored is answered even if it fails. */
  async #answer(
    { id, token }: UserInteraction,
    response: Promise<InteractionResponse>,
    trace: string,
  ): Promise<void> {
    const { discord, log } = this.#parts;
    try {
      if ("missing" in discord) throw new Error(`${discord.missing} is not set`);
      await discord.rest.with({ trace }).request({
        method: "POST",
        path: `/interactions/${id}/${token}/callback`,
        body: await response,
        deadline: snowflakeTime(id) + ANSWER_WITHIN_MS,
      });
    } catch (error) {
      log.log("warn", "interaction.not_answered", { trace, cause: String(error) });
    }
  }
}

/** Whether something is stored that would be lost if the Gateway did not send it again. */
function isStored(plan: Plan): boolean {
  return plan.do === "defer-and-accept" || plan.do === "press";
}
