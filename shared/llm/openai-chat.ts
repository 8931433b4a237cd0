/** One call of the Chat Completions API, as OpenAI and compatible servers speak it. */
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { OpenAiCall } from "./openai-call.ts";
import { openAiImageUrl } from "./openai-image.ts";
import {
  type ModelEvent,
  type ModelMessage,
  type ModelRequest,
  type ModelResult,
  ProviderError,
  type TokenUsage,
} from "./provider.ts";
import { parseToolInput, toolInputObject } from "./tool-input.ts";

/** Streams one completion. @throws what the SDK throws, and ProviderError for a stream that breaks off. */
export async function* streamChatCompletion(call: OpenAiCall): AsyncGenerator<ModelEvent> {
  const body = chatRequest(call.model, call.request);
  const chunks = await call.refusals.send((refused) =>
    call.client.chat.completions.create(
      {
        ...body,
        ...(refused.has("maxTokens")
          ? { max_completion_tokens: call.request.maxTokens }
          : { max_tokens: call.request.maxTokens }),
        ...(!refused.has("temperature") ? { temperature: call.request.temperature } : {}),
      },
      { signal: call.signal },
    ),
  );
  call.accepted();
  const answer = new ChatAnswer(call.model);
  for await (const chunk of chunks) {
    const text = answer.add(chunk);
    if (text !== "") yield { type: "text", text };
  }
  yield { type: "result", result: answer.result() };
}

function chatRequest(model: string, request: ModelRequest): ChatCompletionCreateParamsStreaming {
  const system = [request.system.stable, request.system.varying].filter((part) => part.trim() !== "");
  return {
    model,
    messages: [
      ...(system.length > 0 ? [{ role: "system" as const, content: system.join("\n\n") }] : []),
      ...request.messages.flatMap(chatMessages),
    ],
    ...(request.tools.length > 0
      ? {
          tools: request.tools.map((tool) => ({
            type: "function" as const,
            function: { name: tool.name, description: tool.description, parameters: { ...tool.inputSchema } },
          })),
          tool_choice: request.toolChoice,
        }
      : {}),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function chatMessages(message: ModelMessage): ChatCompletionMessageParam[] {
  switch (message.role) {
    case "user":
      if (!message.images?.length) return [{ role: "user", content: message.text }];
      return [
        {
          role: "user",
          content: [
            ...message.images.map((image) => ({
              type: "image_url" as const,
              image_url: { url: openAiImageUrl(image) },
            })),
            { type: "text", text: message.text },
          ],
        },
      ];
    case "assistant":
      if (message.toolCalls.length === 0) return [{ role: "assistant", content: message.text }];
      return [
        {
          role: "assistant",
          content: message.text === "" ? null : message.text,
          tool_calls: message.toolCalls.map((call) => ({
            id: call.id,
            type: "function" as const,
            function: { name: call.name, arguments: JSON.stringify(toolInputObject(call.input)) },
          })),
        },
      ];
    case "tool":
      return message.results.map((result) => ({
        role: "tool",
        tool_call_id: result.callId,
        content: result.content,
      }));
    default:
      return message satisfies never;
  }
}

/** Puts one streamed completion together. */
class ChatAnswer {
  readonly #calls = new Map<number, { id: string; name: string; json: string }>();
  #model: string;
  #text = "";
  #refused = false;
  #finish: ChatCompletionChunk.Choice["finish_reason"] = null;
  #usage: TokenUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

  constructor(requestedModel: string) {
    this.#model = requestedModel;
  }

  /** Takes the next chunk in and returns the text it added to the answer. */
  add(chunk: ChatCompletionChunk): string {
    this.#model = chunk.model || this.#model;
    if (chunk.usage) this.#usage = tokenUsage(chunk.usage);
    // The last chunk carries the usage and no choice.
    const choice = chunk.choices[0];
    if (choice === undefined) return "";
    this.#finish = choice.finish_reason ?? this.#finish;
    for (const part of choice.delta.tool_calls ?? []) {
      const call = this.#calls.get(part.index) ?? { id: "", name: "", json: "" };
      call.id ||= part.id || `${chunk.id}-${part.index}`;
      call.name ||= part.function?.name ?? "";
      call.json += part.function?.arguments ?? "";
      this.#calls.set(part.index, call);
    }
    const text = choice.delta.content ?? choice.delta.refusal ?? "";
    if (choice.delta.refusal) this.#refused = true;
    this.#text += text;
    return text;
  }

  /** @throws ProviderError `stream_cut` when the completion has no end. */
  result(): ModelResult {
    if (this.#finish === null) {
      throw new ProviderError("stream_cut", "openai-api", "the stream ended without a finish_reason");
    }
    const cut = this.#finish === "length" || this.#finish === "content_filter" || this.#refused;
    // Some servers say `stop` although they called tools; and a call that was cut must not run on half its arguments.
    const toolCalls = cut
      ? []
      : [...this.#calls]
          .sort(([a], [b]) => a - b)
          .map(([, call]) => ({
            id: call.id,
            name: call.name,
            input: parseToolInput(call.json),
          }));
    return {
      text: this.#text,
      toolCalls,
      usage: this.#usage,
      model: this.#model,
      stopReason: this.#stopReason(toolCalls.length > 0),
    };
  }

  #stopReason(hasToolCalls: boolean): ModelResult["stopReason"] {
    if (this.#finish === "length") return "length";
    if (this.#finish === "content_filter" || this.#refused) return "refusal";
    return hasToolCalls ? "tools" : "end";
  }
}

/** OpenAI counts cached tokens within the prompt; here they stand beside it. */
function tokenUsage(usage: NonNullable<ChatCompletionChunk["usage"]>): TokenUsage {
  const cacheReadTokens = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const cacheWriteTokens = usage.prompt_tokens_details?.cache_write_tokens ?? 0;
  return {
    inputTokens: Math.max(0, usage.prompt_tokens - cacheReadTokens - cacheWriteTokens),
    outputTokens: usage.completion_tokens,
    cacheReadTokens,
    cacheWriteTokens,
  };
}
