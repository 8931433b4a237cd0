/** Which model answers an agent, and whether it can: from the character and the secrets that are set. */
import type { Character } from "../character/schema.ts";
import { secretNames } from "../character/secrets.ts";
import type { ProviderView } from "../chat/protocol.ts";
import { type Sleep, sleep } from "../time/sleep.ts";
import { ANTHROPIC_BASE_URL, createAnthropicProvider, DEFAULT_ANTHROPIC_MODEL } from "./anthropic.ts";
import type { ApiProviderOptions } from "./api-provider.ts";
import { createDemoProvider } from "./demo.ts";
import { createOpenAiProvider, DEFAULT_OPENAI_MODEL, OPENAI_BASE_URL } from "./openai.ts";
import { type Provider, ProviderError, type ProviderName } from "./provider.ts";

/** What {@link chooseProvider} decides from. */
export interface ChoiceInput {
  /** Agent id, kebab-case. */
  agent: string;
  /** Model settings, `llm.providers` merged in; without `provider` the keys that are set decide. */
  llm: Pick<Character["llm"], "provider" | "model" | "api" | "timeoutMs">;
  /** Reads one of this agent's secrets by its short name. */
  secret: (name: string) => string | undefined;
  sleep?: Sleep;
  /** Uniform in [0, 1). */
  random?: () => number;
  /** Unix time in milliseconds. */
  now?: () => number;
}

/** The outcome of {@link chooseProvider}. `note` says what a person should know or do. */
export type ProviderChoice =
  | { ready: true; provider: Provider; demo: boolean; note: string | null }
  | { ready: false; name: ProviderName; model: string; note: string; error: ProviderError };

/**
 * Chooses the provider of an agent. Never throws and opens no connection.
 *
 * A provider that the character names is the one: when it cannot answer, nothing else answers in its place. Where none is
 * named, `anthropic` answers if it has a key or the character names a model, and the demo model otherwise.
 */
export function chooseProvider(input: ChoiceInput): ProviderChoice {
  const { llm } = input;
  const named =
    llm.provider ?? (llm.model !== undefined || hasKey(input, "ANTHROPIC_API_KEY") ? "anthropic" : null);
  switch (named) {
    case null:
      return demo(input, demoNote(input));
    case "demo":
      return demo(input, "The demo model answers, because the character asks for it. It is no AI.");
    case "anthropic":
      return overApi(input, named, "ANTHROPIC_API_KEY", llm.model ?? DEFAULT_ANTHROPIC_MODEL, (options) =>
        createAnthropicProvider({
          ...options,
          baseUrl: baseUrl(input, "ANTHROPIC_BASE_URL", ANTHROPIC_BASE_URL),
        }),
      );
    case "openai-api":
      return overApi(input, named, "OPENAI_API_KEY", llm.model ?? DEFAULT_OPENAI_MODEL, (options) =>
        createOpenAiProvider({
          ...options,
          baseUrl: baseUrl(input, "OPENAI_BASE_URL", OPENAI_BASE_URL),
          api: llm.api ?? "responses",
        }),
      );
    case "claude-cli":
    case "codex-cli": {
      const note = `The provider ${named} is a command-line program that no Worker can start: it needs a runner.`;
      return notReady(named, llm.model ?? named, "needs_runner", note);
    }
    default:
      return named satisfies never;
  }
}

/** What the playground shows about a choice. */
export function describeProvider(choice: ProviderChoice): ProviderView {
  if (!choice.ready) {
    return { name: choice.name, model: choice.model, demo: false, ready: false, note: choice.note };
  }
  const { name, model } = choice.provider;
  return { name, model, demo: choice.demo, ready: true, note: choice.note };
}

function overApi(
  input: ChoiceInput,
  name: ProviderName,
  keyName: string,
  model: string,
  create: (options: Omit<ApiProviderOptions, "baseUrl">) => Provider,
): ProviderChoice {
  // A key pasted from a terminal often ends in a line break.
  const apiKey = input.secret(keyName)?.trim() ?? "";
  const variables = secretNames(input.agent, keyName).join(" or ");
  if (apiKey === "") {
    return notReady(
      name,
      model,
      "not_configured",
      `The provider ${name} has no key: set the secret ${variables}.`,
    );
  }
  // What no HTTP header can hold is no key, and the platform's complaint about it would quote it.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    const note = `The secret ${variables} is not a key: it holds spaces, line breaks or letters that no key has.`;
    return notReady(name, model, "not_configured", note);
  }
  const provider = create({
    apiKey,
    model,
    timeoutMs: input.llm.timeoutMs,
    sleep: input.sleep ?? sleep,
    random: input.random ?? Math.random,
    now: input.now ?? Date.now,
  });
  return { ready: true, provider, demo: false, note: null };
}

function demo(input: ChoiceInput, note: string): ProviderChoice {
  return { ready: true, provider: createDemoProvider({ sleep: input.sleep ?? sleep }), demo: true, note };
}

function demoNote(input: ChoiceInput): string {
  const [own, shared] = secretNames(input.agent, "ANTHROPIC_API_KEY");
  const note = `The demo model answers, because no key is set. For real answers set the secret ${shared}, or ${own} for this agent alone.`;
  return hasKey(input, "OPENAI_API_KEY")
    ? `${note} To use the OPENAI_API_KEY that is set, name "openai-api" as llm.provider in the character.`
    : note;
}

function notReady(
  name: ProviderName,
  model: string,
  code: "not_configured" | "needs_runner",
  note: string,
): ProviderChoice {
  return { ready: false, name, model, note, error: new ProviderError(code, name, note) };
}

function hasKey(input: ChoiceInput, name: string): boolean {
  return (input.secret(name)?.trim() ?? "") !== "";
}

function baseUrl(input: ChoiceInput, name: string, standard: string): string {
  const url = input.secret(name)?.trim().replace(/\/+$/, "");
  return url === undefined || url === "" ? standard : url;
}
