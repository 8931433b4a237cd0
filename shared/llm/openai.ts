/**
 * OpenAI's Responses API, and the Chat Completions API for the many servers that speak it, through the official SDK.
 */
import type OpenAI from "openai";
import { type ApiProviderOptions, sdkDefaults } from "./api-provider.ts";
import { toProviderError } from "./errors.ts";
import type { OpenAiCall, OpenAiParameter } from "./openai-call.ts";
import { streamChatCompletion } from "./openai-chat.ts";
import { streamResponse } from "./openai-responses.ts";
import type { ModelEvent, Provider } from "./provider.ts";
import { Refusals } from "./refusals.ts";
import { withRetries } from "./retry.ts";

export const OPENAI_BASE_URL = "https://api.openai.com/v1";

/** Model of an agent that names none: the middle of the current line, for speed and price at good quality. */
export const DEFAULT_OPENAI_MODEL = "gpt-6.1-terra";

/**
 * OpenAI's own models by name, so that the first call of each instance is not spent on a refusal. Models of other servers
 * are found out by asking (see {@link Refusals}).
 */
const REASONS = /^(o\d|gpt-[5-9](?!.*chat))/;
const DOES_NOT_REASON = /^(gpt-[34]|chatgpt-|gpt-[5-9].*chat)/;

/** Which of OpenAI's APIs a server speaks. */
export type OpenAiApi = "responses" | "chat-completions";

/** What a 400 says when it is about a parameter. */
const REFUSED = {
  temperature: /temperature/i,
  // What a model without reasoning says to `include`.
  encryptedReasoning: /encrypted[ _]content/i,
  // OpenAI's reasoning models ask for `max_completion_tokens` instead; compatible servers often know `max_tokens` only.
  maxTokens: /max_completion_tokens/i,
} satisfies Record<OpenAiParameter, RegExp>;

/** The `openai-api` provider. The SDK is loaded with the first call. */
export function createOpenAiProvider(options: ApiProviderOptions & { api: OpenAiApi }): Provider {
  let client: Promise<OpenAI> | undefined;
  const refusals = new Refusals<OpenAiParameter>(REFUSED, knownRefusals(options.model));
  const streamCall = options.api === "responses" ? streamResponse : streamChatCompletion;

  return {
    name: "openai-api",
    model: options.model,
    stream(request, signal) {
      return withRetries(attempt, { ...options, provider: "openai-api", signal });

      async function* attempt(attemptSignal: AbortSignal): AsyncGenerator<ModelEvent> {
        client ??= createClient(options);
        let phase: "request" | "stream" = "request";
        const call: OpenAiCall = {
          client: await client,
          model: options.model,
          request,
          signal: attemptSignal,
          refusals,
          accepted: () => {
            phase = "stream";
          },
        };
        try {
          yield* streamCall(call);
        } catch (error) {
          throw toProviderError(error, {
            provider: "openai-api",
            phase,
            secrets: [options.apiKey],
            now: options.now(),
          });
        }
      }
    },
  };
}

function knownRefusals(model: string): OpenAiParameter[] {
  if (REASONS.test(model)) return ["temperature", "maxTokens"];
  return DOES_NOT_REASON.test(model) ? ["encryptedReasoning"] : [];
}

async function createClient(options: ApiProviderOptions): Promise<OpenAI> {
  const { OpenAI } = await import("openai");
  return new OpenAI({
    ...sdkDefaults(options),
    apiKey: options.apiKey,
    // Otherwise read from the environment of the process, which is not where an agent's settings are.
    organization: null,
    project: null,
  });
}
