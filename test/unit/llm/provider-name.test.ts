import { expect, it } from "vitest";
import { expandProviderName } from "../../../shared/llm/provider-name.ts";

it.each([
  ["claude", "claude-cli"],
  ["Codex", "codex-cli"],
  [" openai ", "openai-api"],
  ["openai-api", "openai-api"],
  ["anthropic", "anthropic"],
  ["gemini", "gemini"],
])("a person who writes %j means %s", (text, name) => {
  expect(expandProviderName(text)).toBe(name);
});
