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
 * `llm.model` and `llm.models` are left out for a provider of another vendor, which would not know them: that provider's
 * default answers.
 */
export function llmFor(character: Character, provider?: ProviderName): LlmSettings {
  const {
    provider: named = "anthropic",
    providers,
    fallbackProviders: _,
    model,
    models,
    ...settings
  } = character.llm;
  const active = provider ?? named;
  const isSameVendor = vendors[active] === vendors[named];
  return {
    ...settings,
    ...(isSameVendor && model !== undefined && { model }),
    ...(isSameVendor && models !== undefined && { models }),
    ...providers[active],
    provider: active,
  };
}
