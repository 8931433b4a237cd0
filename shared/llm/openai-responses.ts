/** One call of OpenAI's Responses API, with nothing stored on its side. */
import type {
  ResponseCreateParamsStreaming,
  ResponseError,
  ResponseInputItem,
  ResponseOutputItem,
  ResponseStreamEvent,
  ResponseUsage,
} from "openai/resources/responses/responses";
import * as z from "zod";
import type { OpenAiCall } from "./openai-call.ts";
import { openAiImageUrl } from "./openai-image.ts";
import {
  type ModelEvent,
  type ModelMessage,
  type ModelRequest,
  type ModelResult,
  ProviderError,
  type ProviderErrorCode,
  type TokenUsage,
} from "./provider.ts";
import { parseToolInput, toolInputObject } from "./tool-input.ts";

/** The API refuses a lower limit. */
const MIN_OUTPUT_TOKENS = 16;

/** Fields without which an item cannot be repeated; an item keeps all others as they came. */
const repeatable = z.discriminatedUnion("type", [
  // Without its encrypted content the API would look the item up, and nothing is stored there.
  z.looseObject({ type: z.literal("reasoning"), id: z.string(), encrypted_content: z.string().min(1) }),
  z.looseObject({ type: z.literal("message"), role: z.literal("assistant"), content: z.array(z.unknown()) }),
  z.looseObject({
    type: z.literal("function_call"),
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
  }),
]);

/** What `ModelResult.continuation` holds for this API. Reasoning is bound to the model that did it. */
const continuationSchema = z.object({
  provider: z.literal("openai-api"),
  model: z.string(),
  items: z.array(z.custom<ResponseInputItem>((item) => repeatable.safeParse(item).success)),
});
type Continuation = z.infer<typeof continuationSchema>;

/** Streams one response. @throws what the SDK throws, and ProviderError for a response that fails or breaks off. */
export async function* streamResponse(call: OpenAiCall): AsyncGenerator<ModelEvent> {
  const body = responsesRequest(call.model, call.request);
  const events = await call.refusals.send((refused) =>
    call.client.responses.create(
      {
        ...body,
        ...(refused.has("encryptedReasoning") ? {} : { include: ["reasoning.encrypted_content"] }),
        ...(!refused.has("temperature") ? { temperature: call.request.temperature } : {}),
      },
      { signal: call.signal },
    ),
  );
  call.accepted();
  const answer = new ResponsesAnswer(call.model);
  for await (const event of events) {
    const text = answer.add(event);
    if (text !== "") yield { type: "text", text };
  }
  yield { type: "result", result: answer.result() };
}

function responsesRequest(model: string, request: ModelRequest): ResponseCreateParamsStreaming {
  const instructions = [request.system.stable, request.system.varying].filter((part) => part.trim() !== "");
  return {
    model,
    // The stable part first: the API caches prompts by their prefix, by itself.
    ...(instructions.length > 0 ? { instructions: instructions.join("\n\n") } : {}),
    input: request.messages.flatMap((message) => inputItems(model, message)),
    max_output_tokens: Math.max(request.maxTokens, MIN_OUTPUT_TOKENS),
    ...(request.tools.length > 0
      ? {
          tools: request.tools.map((tool) => ({
            type: "function" as const,
            name: tool.name,
            description: tool.description,
            parameters: { ...tool.inputSchema },
            // Strict mode would make every optional argument required.
            strict: false,
          })),
          tool_choice: request.toolChoice,
        }
      : {}),
    store: false,
    stream: true,
  };
}

function inputItems(model: string, message: ModelMessage): ResponseInputItem[] {
  switch (message.role) {
    case "user":
      if (!message.images?.length) return [{ role: "user", content: message.text }];
      return [
        {
          role: "user",
          content: [
            ...message.images.map((image) => ({
              type: "input_image" as const,
              image_url: openAiImageUrl(image),
              detail: "auto" as const,
            })),
            { type: "input_text", text: message.text },
          ],
        },
      ];
    case "assistant": {
      const said = continuationSchema.safeParse(message.continuation);
      if (said.success && said.data.model === model) return said.data.items;
      return [
        ...(message.text === "" ? [] : [{ role: "assistant" as const, content: message.text }]),
        ...message.toolCalls.map((toolCall) => ({
          type: "function_call" as const,
          call_id: toolCall.id,
          name: toolCall.name,
          arguments: JSON.stringify(toolInputObject(toolCall.input)),
        })),
      ];
    }
    case "tool":
      return message.results.map((result) => ({
        type: "function_call_output" as const,
        call_id: result.callId,
        output: result.content,
      }));
    default:
      return message satisfies never;
  }
}

/** Puts one streamed response together. */
class ResponsesAnswer {
  readonly #requestedModel: string;
  readonly #items = new Map<number, ResponseOutputItem>();
  #model: string;
  #text = "";
  #refused = false;
  #end: { stopReason: "end" | "length" | "refusal"; usage: TokenUsage } | null = null;

  constructor(requestedModel: string) {
    this.#requestedModel = requestedModel;
    this.#model = requestedModel;
  }

  /** Takes the next event in and returns the text it added to the answer. */
  add(event: ResponseStreamEvent): string {
    switch (event.type) {
      case "response.created":
        this.#model = event.response.model;
        return "";
      case "response.output_text.delta":
        this.#text += event.delta;
        return event.delta;
      case "response.refusal.delta":
        this.#refused = true;
        this.#text += event.delta;
        return event.delta;
      case "response.output_item.added":
        if (event.item.type !== "message" || this.#text === "" || /\s$/.test(this.#text)) return "";
        // Messages are paragraphs of their own; run together, they would glue two sentences.
        this.#text += "\n\n";
        return "\n\n";
      case "response.output_item.done":
        this.#items.set(event.output_index, event.item);
        return "";
      case "response.completed":
        this.#end = { stopReason: "end", usage: tokenUsage(event.response.usage) };
        return "";
      case "response.incomplete": {
        const filtered = event.response.incomplete_details?.reason === "content_filter";
        this.#end = { stopReason: filtered ? "refusal" : "length", usage: tokenUsage(event.response.usage) };
        return "";
      }
      case "response.failed":
        throw responseFailure(event.response.error);
      default:
        return "";
    }
  }

  /** @throws ProviderError `stream_cut` when the response has no end. */
  result(): ModelResult {
    if (this.#end === null) {
      throw new ProviderError("stream_cut", "openai-api", "the stream ended before the response did");
    }
    const items = [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
    const toolCalls =
      this.#end.stopReason === "end"
        ? items
            .filter((item) => item.type === "function_call")
            .map((item) => ({ id: item.call_id, name: item.name, input: parseToolInput(item.arguments) }))
        : // Cut inside a call: it must not run on half its arguments.
          [];
    const stopReason = this.#refused ? "refusal" : toolCalls.length > 0 ? "tools" : this.#end.stopReason;
    const continuation: Continuation = {
      provider: "openai-api",
      model: this.#requestedModel,
      items: items
        .filter((item) => item.type !== "function_call" || stopReason === "tools")
        .flatMap((item) => continuationSchema.shape.items.safeParse([item]).data ?? []),
    };
    return {
      text: this.#text,
      toolCalls,
      usage: this.#end.usage,
      model: this.#model,
      stopReason,
      continuation,
    };
  }
}

function responseFailure(error: ResponseError | null): ProviderError {
  const codes: Record<string, ProviderErrorCode> = {
    server_error: "unavailable",
    rate_limit_exceeded: "rate_limited",
  };
  const code = codes[error?.code ?? "server_error"] ?? "bad_request";
  return new ProviderError(code, "openai-api", `the response failed: ${error?.message ?? "no reason given"}`);
}

/** OpenAI counts cached tokens within the input; here they stand beside it. */
function tokenUsage(usage: ResponseUsage | undefined): TokenUsage {
  const cacheReadTokens = usage?.input_tokens_details?.cached_tokens ?? 0;
  const cacheWriteTokens = usage?.input_tokens_details?.cache_write_tokens ?? 0;
  return {
    inputTokens: Math.max(0, (usage?.input_tokens ?? 0) - cacheReadTokens - cacheWriteTokens),
    outputTokens: usage?.output_tokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
  };
}
