import { describe, expect, it } from "vitest";
import { llmFor } from "../../../shared/character/llm.ts";
import { characterSchema } from "../../../shared/character/schema.ts";
import everyField from "../../support/characters/every-field.json" with { type: "json" };

const character = characterSchema.parse(everyField);
const withLlm = (llm: unknown) => characterSchema.parse({ name: "A", personality: "B", llm });

describe("model settings", () => {
  it("are the character's own for its own provider", () => {
    const { fallbackProviders: _, providers: __, ...own } = everyField.llm;
    expect(llmFor(character)).toEqual(own);
    expect(llmFor(character, "anthropic")).toEqual(own);
  });

  it("take what a provider overrides and keep the rest", () => {
    expect(llmFor(character, "openai-api")).toMatchObject({
      provider: "openai-api",
      model: "gpt-5",
      temperature: 1,
      api: "chat-completions",
      maxTokens: 2048,
    });
    expect(llmFor(character, "claude-cli")).toMatchObject({ maxTurns: 40, timeoutMs: 900_000 });
  });

  it("keep the model for a provider of the same vendor and drop it for another", () => {
    expect(llmFor(character, "claude-cli").model).toBe("claude-sonnet-4-5");
    expect(llmFor(character, "codex-cli")).not.toHaveProperty("model");
    expect(llmFor(character, "demo")).not.toHaveProperty("model");
  });

  it("are anthropic's when a character names no provider", () => {
    expect(llmFor(withLlm({ model: "claude-opus-4-5" }))).toMatchObject({
      provider: "anthropic",
      model: "claude-opus-4-5",
    });
    expect(llmFor(withLlm({}), "demo")).toMatchObject({ provider: "demo", maxToolRounds: 5 });
  });
});
