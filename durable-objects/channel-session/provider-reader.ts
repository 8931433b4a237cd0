import type { Agent } from "../../shared/character/registry.ts";
import type { ProviderChoice } from "../../shared/llm/choose.ts";
import type { Logger } from "../../shared/log.ts";
import { callHub } from "../agent-hub/hub-client.ts";
import { pickProvider, providersOf } from "../agent-hub/providers.ts";
import type { Env } from "../env.ts";

/** How soon a turn notices that a person has switched, in milliseconds. */
const FRESH_MS = 5_000;

/** What is asked. */
export interface ProviderQuestion {
  /** Unix milliseconds. */
  now: number;
  /** Oldest reading that will do, in milliseconds; default: a few seconds. */
  maxAgeMs?: number;
  /** The provider that has to go on with what it began, if there is one. */
  begunWith?: string | null;
}

/**
 * Reads which provider answers an agent now. The hub is asked only where there is a choice. Where it does not answer, the
 * choice that was read last holds, else the character's own provider.
 */
export class ProviderReader {
  readonly #env: Env;
  #read: { at: number; chosen: string | null } | undefined;

  constructor(env: Env) {
    this.#env = env;
  }

  async read(
    agent: Agent,
    { now, maxAgeMs = FRESH_MS, begunWith }: ProviderQuestion,
    log: Logger,
  ): Promise<ProviderChoice> {
    const choices = providersOf(agent, this.#env);
    if (choices.length === 1) return choices[0];
    if (begunWith) return pickProvider(choices, begunWith);
    if (!this.#read || now - this.#read.at >= maxAgeMs) await this.#ask(agent.id, now, log);
    return pickProvider(choices, this.#read?.chosen ?? null);
  }

  async #ask(agent: string, now: number, log: Logger): Promise<void> {
    try {
      this.#read = { at: now, chosen: await callHub(this.#env, agent, (hub) => hub.chosenProvider()) };
    } catch (error) {
      log.log("warn", "provider.unknown", { cause: String(error) });
    }
  }
}
