import { describe, expect, it } from "vitest";
import { DEFAULT_ANTHROPIC_MODEL } from "../../../shared/llm/anthropic.ts";
import { type ChoiceInput, chooseProvider, describeProvider } from "../../../shared/llm/choose.ts";
import { DEFAULT_OPENAI_MODEL } from "../../../shared/llm/openai.ts";

function choose(llm: Partial<ChoiceInput["llm"]>, secrets: Record<string, string> = {}) {
  return chooseProvider({
    agent: "dev-e",
    llm: { timeoutMs: 1_000, ...llm },
    secret: (name) => secrets[name],
  });
}

const anthropic = { ANTHROPIC_API_KEY: "sk-ant-1" };
const openai = { OPENAI_API_KEY: "sk-1" };

describe("chooseProvider", () => {
  it.each<[string, Parameters<typeof choose>, { name: string; model: string; demo: boolean }]>([
    ["no key: the demo", [{}], { name: "demo", model: "demo", demo: true }],
    [
      "an Anthropic key: Anthropic",
      [{}, anthropic],
      { name: "anthropic", model: DEFAULT_ANTHROPIC_MODEL, demo: false },
    ],
    ["an OpenAI key alone: still the demo", [{}, openai], { name: "demo", model: "demo", demo: true }],
    [
      "a model and its key",
      [{ model: "claude-x" }, anthropic],
      { name: "anthropic", model: "claude-x", demo: false },
    ],
    [
      "OpenAI by name",
      [{ provider: "openai-api" }, openai],
      { name: "openai-api", model: DEFAULT_OPENAI_MODEL, demo: false },
    ],
    [
      "the demo by name, whatever keys there are",
      [{ provider: "demo" }, anthropic],
      { name: "demo", model: "demo", demo: true },
    ],
    [
      "a key with a line break behind it",
      [{}, { ANTHROPIC_API_KEY: "sk-ant-1\n" }],
      { name: "anthropic", model: DEFAULT_ANTHROPIC_MODEL, demo: false },
    ],
  ])("%s", (_, input, expected) => {
    expect(describeProvider(choose(...input))).toMatchObject({ ...expected, ready: true });
  });

  it.each<[string, Parameters<typeof choose>, { name: string; code: string; note: RegExp }]>([
    [
      "Anthropic without a key",
      [{ provider: "anthropic" }, openai],
      { name: "anthropic", code: "not_configured", note: /DEV_E__ANTHROPIC_API_KEY or ANTHROPIC_API_KEY/ },
    ],
    [
      "a model without a key",
      [{ model: "claude-x" }],
      { name: "anthropic", code: "not_configured", note: /ANTHROPIC_API_KEY/ },
    ],
    [
      "OpenAI without a key",
      [{ provider: "openai-api" }, anthropic],
      { name: "openai-api", code: "not_configured", note: /DEV_E__OPENAI_API_KEY or OPENAI_API_KEY/ },
    ],
    [
      "an empty key",
      [{ provider: "anthropic" }, { ANTHROPIC_API_KEY: " " }],
      { name: "anthropic", code: "not_configured", note: /ANTHROPIC_API_KEY/ },
    ],
    [
      "a key that no header can hold",
      [{ provider: "anthropic" }, { ANTHROPIC_API_KEY: "sk-ant-ü" }],
      { name: "anthropic", code: "not_configured", note: /is not a key/ },
    ],
    [
      "Claude's CLI",
      [{ provider: "claude-cli" }, anthropic],
      { name: "claude-cli", code: "needs_runner", note: /runner/ },
    ],
    [
      "Codex' CLI",
      [{ provider: "codex-cli" }, openai],
      { name: "codex-cli", code: "needs_runner", note: /runner/ },
    ],
  ])("is not ready with %s, and nothing answers in its place", (_, input, expected) => {
    const choice = choose(...input);
    expect(choice).toMatchObject({ ready: false, name: expected.name, error: { code: expected.code } });
    expect(describeProvider(choice)).toMatchObject({
      ready: false,
      demo: false,
      note: expect.stringMatching(expected.note),
    });
  });

  it("says how to get real answers, and that an OpenAI key waits to be named", () => {
    expect(describeProvider(choose({})).note).toContain("ANTHROPIC_API_KEY, or DEV_E__ANTHROPIC_API_KEY");
    expect(describeProvider(choose({}, openai)).note).toContain("openai-api");
    expect(describeProvider(choose({}, anthropic)).note).toBeNull();
  });

  it("tells no key in what it says", () => {
    const choice = choose({ provider: "anthropic" }, { ANTHROPIC_API_KEY: "sk-ant-geheim schlüssel" });
    expect(JSON.stringify([choice, describeProvider(choice)])).not.toContain("geheim");
  });
});
