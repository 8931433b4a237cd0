/**
 * Anthropic's Messages API, streamed, through the official SDK.
 */
import type Anthropic from "@anthropic-ai/sdk";
import { AnthropicAnswer } from "./anthropic-answer.ts";
import { anthropicRequest } from "./anthropic-request.ts";
import { type ApiProviderOptions, sdkDefaults } from "./api-provider.ts";
import { toProviderError } from "./errors.ts";
import type { ModelEvent, Provider } from "./provider.ts";
import { Refusals } from "./refusals.ts";
import { withRetries } from "./retry.ts";

export const ANTHROPIC_BASE_URL = "https://api.anthropic.com";

/** Model of an agent that names none: the middle of the current line, for speed and price at good quality. */
export const DEFAULT_ANTHROPIC_MODEL = "claude-sonnet-5-5";

/**
 * Models known to refuse `temperature` (Claude Platform docs, "What's new in Claude Sonnet 5" and "Opus 4.7"). Others are
 * found out by asking; this only spares the first call of each instance a refused request.
 */
const WITHOUT_TEMPERATURE = /^claude-(fable|mythos|opus-4-[7-9]|(sonnet|opus|haiku)-[5-9])/;

/**
 * The `anthropic` provider. The SDK is loaded with the first call.
 *
 * A key that starts with `sk-ant-oat` is an OAuth token: the API takes it with its own beta header only.
 */
export function createAnthropicProvider(options: ApiProviderOptions): Provider {
  let client: Promise<Anthropic> | undefined;
  const known = WITHOUT_TEMPERATURE.test(options.model) ? ["temperature" as const] : [];
  const refusals = new Refusals({ temperature: /temperature/i }, known);

  return {
    name: "anthropic",
    model: options.model,
    stream(request, signal) {
      const body = anthropicRequest(options.model, request);
      return withRetries(attempt, { ...options, provider: "anthropic", signal });

      async function* attempt(attemptSignal: AbortSignal): AsyncGenerator<ModelEvent> {
        client ??= createClient(options);
        const { messages } = await client;
        const answer = new AnthropicAnswer(options.model);
        let phase: "request" | "stream" = "request";
        try {
          // Anthropic's scale ends at 1; a character written for another vendor may go to 2.
          const temperature = Math.min(request.temperature, 1);
          const events = await refusals.send((refused) =>
            messages.create(
              { ...body, ...(refused.has("temperature") ? {} : { temperature }), stream: true },
              { signal: attemptSignal },
            ),
          );
          phase = "stream";
          for await (const event of events) {
            const text = answer.add(event);
            if (text !== "") yield { type: "text", text };
          }
          yield { type: "result", result: answer.result() };
        } catch (error) {
          throw toProviderError(error, {
            provider: "anthropic",
            phase,
            secrets: [options.apiKey],
            now: options.now(),
          });
        }
      }
    },
  };
}

async function createClient(options: ApiProviderOptions): Promise<Anthropic> {
  const { Anthropic } = await import("@anthropic-ai/sdk");
  return new Anthropic({
    ...sdkDefaults(options),
    ...(options.apiKey.startsWith("sk-ant-oat")
      ? { authToken: options.apiKey, defaultHeaders: { "anthropic-beta": "oauth-2025-04-20" } }
      : { apiKey: options.apiKey }),
  });
}
