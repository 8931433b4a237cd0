/** Which providers an agent may have, and which of them answers now. A person switches; nothing switches by itself. */

import { type LlmSettings, llmFor } from "../../shared/character/llm.ts";
import type { Agent } from "../../shared/character/registry.ts";
import { secretReader } from "../../shared/character/secrets.ts";
import { chooseProvider, type ProviderChoice } from "../../shared/llm/choose.ts";
import type { ProviderName } from "../../shared/llm/provider.ts";
import { callHub } from "../clients/calls.ts";
import type { Chosen } from "../contracts.ts";
import type { Env } from "../env.ts";

/** The providers that a character configures, its own first. */
export type ProviderChoices = readonly [ProviderChoice, ...ProviderChoice[]];

const NOTHING_CHOSEN: Chosen = { provider: null, models: {} };

/**
 * Everything that `llm` names: the provider (or the one that is implied), those to fall back to, those with settings of their own.
 *
 * @param chosen a model that the character does not offer (any more) is as good as none.
 */
export function providersOf(
  { character, id }: Agent,
  env: Env,
  { models }: Pick<Chosen, "models"> = NOTHING_CHOSEN,
): ProviderChoices {
  const { provider, fallbackProviders, providers } = character.llm;
  const secret = secretReader({ ...env }, id);
  // Whether the character names a provider matters: only one that names none may be answered by the demo model.
  const own = chooseProvider({
    agent: id,
    llm: { ...withModel(llmFor(character), models), provider },
    secret,
  });
  const others = new Set([...fallbackProviders, ...(Object.keys(providers) as ProviderName[])]);
  others.delete(nameOf(own));
  return [
    own,
    ...[...others].map((name) =>
      chooseProvider({ agent: id, llm: withModel(llmFor(character, name), models), secret }),
    ),
  ];
}

function withModel(settings: LlmSettings, chosen: Chosen["models"]): LlmSettings {
  const model = chosen[settings.provider];
  return model !== undefined && settings.models?.includes(model) ? { ...settings, model } : settings;
}

/** Whether people have something to choose: another provider, or another model. */
export function hasChoice({ character }: Agent, choices: ProviderChoices): boolean {
  return choices.length > 1 || llmFor(character, nameOf(choices[0])).models !== undefined;
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
  if (!hasChoice(agent, choices)) return choices[0];
  const chosen = await callHub(env, agent.id, (hub) => hub.chosen());
  return pickProvider(providersOf(agent, env, chosen), chosen.provider);
}
