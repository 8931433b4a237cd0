import { agents } from "../../agents/index.ts";
import { llmFor } from "../../shared/character/llm.ts";
import { type Agent, CharacterError } from "../../shared/character/registry.ts";
import { secretReader } from "../../shared/character/secrets.ts";
import { systemPrompt } from "../../shared/character/system-prompt.ts";
import type { ProviderChoice } from "../../shared/llm/choose.ts";
import { buildHttpTools } from "../../shared/tools/http.ts";
import type { Env } from "../env.ts";
import { type AgentParts, AgentUnavailableError } from "./run-turn.ts";

/** @throws AgentUnavailableError when this deployment has no such agent, or its `character.json` is broken. */
export function findAgent(id: string): Agent {
  try {
    const agent = agents.get(id);
    if (agent) return agent;
  } catch (error) {
    if (!(error instanceof CharacterError)) throw error;
    throw new AgentUnavailableError(error.code, error.message);
  }
  throw new AgentUnavailableError("unknown_agent", `no agent "${id}" in agents/index.ts`);
}

/** {@link findAgent} for those who can do without: `undefined` when the agent cannot be had. */
export function findAgentIfAny(id: string): Agent | undefined {
  try {
    return findAgent(id);
  } catch (error) {
    if (error instanceof AgentUnavailableError) return undefined;
    throw error;
  }
}

/** What a turn has to ask others for; both at once. */
export interface TurnQuestions {
  /** What is known about the user. */
  facts: () => Promise<readonly string[]>;
  /** Which provider answers. */
  provider: () => Promise<ProviderChoice>;
}

/**
 * Puts together what an agent brings to a turn: model, tools, prompt.
 *
 * @throws ProviderError when no model can answer.
 */
export async function loadAgentParts(
  { character, id }: Agent,
  env: Env,
  ask: TurnQuestions,
): Promise<AgentParts> {
  const [choice, facts] = await Promise.all([ask.provider(), ask.facts()]);
  if (!choice.ready) throw choice.error;
  return {
    provider: choice.provider,
    tools: buildHttpTools(character.tools, { secret: secretReader({ ...env }, id) }),
    system: systemPrompt(character, { facts, now: new Date() }),
    limits: llmFor(character, choice.provider.name),
  };
}
