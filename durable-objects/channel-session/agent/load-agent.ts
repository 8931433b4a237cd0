import { llmFor } from "../../../shared/character/llm.ts";
import type { Agent } from "../../../shared/character/registry.ts";
import { secretReader } from "../../../shared/character/secrets.ts";
import { systemPrompt } from "../../../shared/character/system-prompt.ts";
import type { ProviderChoice } from "../../../shared/llm/choose.ts";
import { retainedSince } from "../../../shared/time/retention.ts";
import { withBuiltInTools } from "../../../shared/tools/built-in.ts";
import { buildHttpTools } from "../../../shared/tools/http.ts";
import type { Env } from "../../env.ts";
import type { AgentParts } from "../engine/turn-context.ts";
import type { TurnMemory } from "./turn-memory.ts";

/** What a turn has to ask others for; all at once. */
export interface TurnSources {
  /** What the agent remembers of the user. */
  memory: TurnMemory;
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
  { memory, provider }: TurnSources,
): Promise<AgentParts> {
  const [choice, facts] = await Promise.all([provider(), memory.facts()]);
  if (!choice.ready) throw choice.error;
  const ownTools = buildHttpTools(character.tools, { secret: secretReader({ ...env }, id) });
  const now = new Date();
  return {
    provider: choice.provider,
    tools: withBuiltInTools(ownTools, memory.tools),
    system: systemPrompt(character, { facts, now }),
    limits: llmFor(character, choice.provider.name),
    rememberedSince: retainedSince(character.memory.conversationRetention, now.getTime()),
  };
}
