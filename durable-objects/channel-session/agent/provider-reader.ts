import type { Agent } from "../../../shared/character/registry.ts";
import type { ProviderChoice } from "../../../shared/llm/choose.ts";
import type { Logger } from "../../../shared/log.ts";
import { hasChoice, pickProvider, providersOf } from "../../agent/providers.ts";
import { callHub } from "../../clients/calls.ts";
import type { Chosen } from "../../contracts.ts";
import type { Env } from "../../env.ts";
import type { BegunWith } from "../engine/session-reader.ts";

/** How soon a turn notices that a person has switched, in milliseconds. */
const FRESH_MS = 5_000;

/** What is asked. */
export interface ProviderQuestion {
  /** Unix milliseconds. */
  now: number;
  /** Oldest reading that will do, in milliseconds; default: a few seconds. */
  maxAgeMs?: number;
  /** The provider and the model that have to go on with what they began, if there are any. */
  begunWith?: BegunWith | null;
}

/**
 * Reads which provider answers an agent now. The hub is asked only where there is a choice. Where it does not answer, the
 * choice that was read last holds, else the character's own provider.
 */
export class ProviderReader {
  readonly #env: Env;
  #read: { at: number; chosen: Chosen } | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  async read(
    agent: Agent,
    { now, maxAgeMs = FRESH_MS, begunWith }: ProviderQuestion,
    log: Logger,
  ): Promise<ProviderChoice> {
    const choices = providersOf(agent, this.#env);
    if (!hasChoice(agent, choices)) return choices[0];
    if (begunWith) {
      const { provider, model } = begunWith;
      return pickProvider(providersOf(agent, this.#env, { models: { [provider]: model } }), provider);
    }
    if (!this.#read || now - this.#read.at >= maxAgeMs) await this.#ask(agent.id, now, log);
    const chosen = this.#read?.chosen;
    return chosen ? pickProvider(providersOf(agent, this.#env, chosen), chosen.provider) : choices[0];
  }

  async #ask(agent: string, now: number, log: Logger): Promise<void> {
    try {
      this.#read = { at: now, chosen: await callHub(this.#env, agent, (hub) => hub.chosen()) };
    } catch (error) {
      log.log("warn", "provider.unknown", { cause: String(error) });
    }
  }
}
