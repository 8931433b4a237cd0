/**
 * The agents of this deployment, as they are at this moment. Whoever works for an agent asks anew for each turn, request or
 * event, and holds what it got no longer than that: the next one may find another revision.
 */
import { agents } from "../../agents/index.ts";
import { type Agent, CharacterError } from "../../shared/character/registry.ts";
import { AgentUnavailableError } from "./errors.ts";

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
