/** Which model settings hold for a provider. */
import type { ProviderName } from "../llm/provider.ts";
import type { Character } from "./schema.ts";

/** Model settings of one provider, overrides merged in. Times in milliseconds. */
export type LlmSettings = Omit<Character["llm"], "provider" | "providers" | "fallbackProviders"> & {
  provider: ProviderName;
};

/** A model's name means something to the providers of one vendor only. */
const vendors: Record<ProviderName, string> = {
  anthropic: "anthropic",
  "claude-cli": "anthropic",
  "openai-api": "openai",
  "codex-cli": "openai",
  demo: "demo",
};

/**
 * The settings of `provider` (default: the character's own, else `anthropic`): `llm`, with `llm.providers.<name>` over it.
 * `llm.model` is left out for a provider of another vendor, which would not know it: that provider's default answers.
 */
export function llmFor(character: Character, provider?: ProviderName): LlmSettings {
  const {
    provider: named = "anthropic",
    providers,
    fallbackProviders: _,
    model,
    ...settings
  } = character.llm;
  const active = provider ?? named;
  return {
    ...settings,
    ...(model !== undefined && vendors[active] === vendors[named] && { model }),
    ...providers[active],
    provider: active,
  };
}
