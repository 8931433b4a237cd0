import { agents } from "../../agents/index.ts";
import { llmFor } from "../../shared/character/llm.ts";
import { type Agent, CharacterError } from "../../shared/character/registry.ts";
import { secretReader } from "../../shared/character/secrets.ts";
import { systemPrompt } from "../../shared/character/system-prompt.ts";
import { chooseProvider, type ProviderChoice } from "../../shared/llm/choose.ts";
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

/** The model that answers for an agent now. */
export function providerOf({ character, id }: Agent, env: Env): ProviderChoice {
  // Whether the character names a provider matters: only one that names none may be answered by the demo model.
  const llm = { ...llmFor(character), provider: character.llm.provider };
  return chooseProvider({ agent: id, llm, secret: secretReader({ ...env }, id) });
}

/**
 * Puts together what an agent brings to a turn: model, tools, prompt.
 *
 * @param readFacts reads what is known about the user.
 * @throws ProviderError when no model can answer.
 */
export async function loadAgentParts(
  agent: Agent,
  env: Env,
  readFacts: () => Promise<readonly string[]>,
): Promise<AgentParts> {
  const { character, id } = agent;
  const choice = providerOf(agent, env);
  if (!choice.ready) throw choice.error;
  return {
    provider: choice.provider,
    tools: buildHttpTools(character.tools, { secret: secretReader({ ...env }, id) }),
    system: systemPrompt(character, { facts: await readFacts(), now: new Date() }),
    limits: llmFor(character),
  };
}
