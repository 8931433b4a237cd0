import type { ProviderName } from "./provider.ts";

/** What people call a provider for short. */
const aliases: ReadonlyMap<string, ProviderName> = new Map([
  ["claude", "claude-cli"],
  ["codex", "codex-cli"],
  ["openai", "openai-api"],
]);

/**
 * A provider's name as a person writes it: in any case, perhaps by its short name. What is no short name comes back as it
 * is, known or not.
 *
 * @example expandProviderName("Claude") // "claude-cli"
 */
export function expandProviderName(text: string): string {
  const name = text.trim().toLowerCase();
  return aliases.get(name) ?? name;
}
