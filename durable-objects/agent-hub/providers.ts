/** Which providers an agent may have, and which of them answers now. A person switches; nothing switches by itself. */
import { llmFor } from "../../shared/character/llm.ts";
import type { Agent } from "../../shared/character/registry.ts";
import { secretReader } from "../../shared/character/secrets.ts";
import { chooseProvider, type ProviderChoice } from "../../shared/llm/choose.ts";
import type { ProviderName } from "../../shared/llm/provider.ts";
import type { Env } from "../env.ts";
import { callHub } from "./hub-client.ts";

/** The providers that a character configures, its own first. */
export type ProviderChoices = readonly [ProviderChoice, ...ProviderChoice[]];

/** Everything that `llm` names: the provider (or the one that is implied), those to fall back to, those with settings of their own. */
export function providersOf({ character, id }: Agent, env: Env): ProviderChoices {
  const { provider, fallbackProviders, providers } = character.llm;
  const secret = secretReader({ ...env }, id);
  // Whether the character names a provider matters: only one that names none may be answered by the demo model.
  const own = chooseProvider({ agent: id, llm: { ...llmFor(character), provider }, secret });
  const others = new Set([...fallbackProviders, ...(Object.keys(providers) as ProviderName[])]);
  others.delete(nameOf(own));
  return [
    own,
    ...[...others].map((name) => chooseProvider({ agent: id, llm: llmFor(character, name), secret })),
  ];
}

export function nameOf(choice: ProviderChoice): ProviderName {
  return choice.ready ? choice.provider.name : choice.name;
}

/** The provider of that name; the character's own where there is none (any more). */
export function pickProvider(choices: ProviderChoices, name: string | null): ProviderChoice {
  return choices.find((choice) => nameOf(choice) === name) ?? choices[0];
}

/**
 * The provider that answers an agent now. Asks the hub only where there is something to choose.
 *
 * @throws when the hub cannot be reached.
 */
export async function activeProvider(agent: Agent, env: Env): Promise<ProviderChoice> {
  const choices = providersOf(agent, env);
  if (choices.length === 1) return choices[0];
  return pickProvider(choices, await callHub(env, agent.id, (hub) => hub.chosenProvider()));
}
