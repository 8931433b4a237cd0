import type { RawMessageStreamEvent, StopReason } from "@anthropic-ai/sdk/resources/messages";
import type { AnthropicContinuation } from "./anthropic-request.ts";
import { type ModelResult, ProviderError, type TokenUsage, type ToolCall } from "./provider.ts";
import { parseToolInput, toolInputObject } from "./tool-input.ts";

/** A content block while it is streamed. */
type OpenBlock =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "tool_use"; id: string; name: string; json: string };

/** Puts one streamed answer of the Messages API together. */
export class AnthropicAnswer {
  readonly #requestedModel: string;
  readonly #blocks = new Map<number, OpenBlock>();
  readonly #usage: TokenUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  #model: string;
  #stopReason: StopReason | null = null;
  #text = "";
  #complete = false;

  constructor(requestedModel: string) {
    this.#requestedModel = requestedModel;
    this.#model = requestedModel;
  }

  /** Takes the next event in and returns the text it added to the answer. */
  add(event: RawMessageStreamEvent): string {
    switch (event.type) {
      case "message_start":
        this.#model = event.message.model;
        this.#count(event.message.usage);
        return "";
      case "content_block_start":
        return this.#open(event.index, event.content_block);
      case "content_block_delta":
        return this.#grow(event.index, event.delta);
      case "message_delta":
        this.#stopReason = event.delta.stop_reason;
        this.#count(event.usage);
        return "";
      case "message_stop":
        this.#complete = true;
        return "";
      default:
        return "";
    }
  }

  /** @throws ProviderError `stream_cut` when the answer has no end. */
  result(): ModelResult {
    if (!this.#complete)
      throw new ProviderError("stream_cut", "anthropic", "the stream ended before message_stop");
    const stopReason = stopReasonOf(this.#stopReason);
    const content: AnthropicContinuation["content"] = [];
    const toolCalls: ToolCall[] = [];
    for (const [, block] of [...this.#blocks].sort(([a], [b]) => a - b)) {
      if (block.type !== "tool_use") {
        content.push(block);
      } else if (stopReason === "tools") {
        const input = parseToolInput(block.json);
        toolCalls.push({ id: block.id, name: block.name, input });
        content.push({ type: "tool_use", id: block.id, name: block.name, input: toolInputObject(input) });
      }
      // Otherwise the answer was cut inside the call: it must not run on half its arguments.
    }
    const continuation: AnthropicContinuation = {
      provider: "anthropic",
      model: this.#requestedModel,
      content,
    };
    return { text: this.#text, toolCalls, usage: this.#usage, model: this.#model, stopReason, continuation };
  }

  #open(
    index: number,
    block: Extract<RawMessageStreamEvent, { type: "content_block_start" }>["content_block"],
  ): string {
    switch (block.type) {
      case "text":
        this.#blocks.set(index, { type: "text", text: "" });
        // Blocks are paragraphs of their own; run together, they would glue two sentences.
        return this.#say(index, this.#text === "" || /\s$/.test(this.#text) ? "" : "\n\n", block.text);
      case "thinking":
        this.#blocks.set(index, { type: "thinking", thinking: block.thinking, signature: block.signature });
        return "";
      case "redacted_thinking":
        this.#blocks.set(index, { type: "redacted_thinking", data: block.data });
        return "";
      case "tool_use":
        this.#blocks.set(index, { type: "tool_use", id: block.id, name: block.name, json: "" });
        return "";
      default:
        // Results of server tools, which are never asked for.
        return "";
    }
  }

  #grow(
    index: number,
    delta: Extract<RawMessageStreamEvent, { type: "content_block_delta" }>["delta"],
  ): string {
    const block = this.#blocks.get(index);
    if (block?.type === "text" && delta.type === "text_delta") return this.#say(index, "", delta.text);
    if (block?.type === "thinking" && delta.type === "thinking_delta") block.thinking += delta.thinking;
    if (block?.type === "thinking" && delta.type === "signature_delta") block.signature += delta.signature;
    if (block?.type === "tool_use" && delta.type === "input_json_delta") block.json += delta.partial_json;
    return "";
  }

  #say(index: number, separator: string, text: string): string {
    const block = this.#blocks.get(index);
    if (block?.type === "text") block.text += text;
    const added = separator + text;
    this.#text += added;
    return added;
  }

  /** Counts are cumulative: a later one replaces an earlier one. */
  #count(usage: {
    input_tokens: number | null;
    output_tokens: number;
    cache_read_input_tokens: number | null;
    cache_creation_input_tokens: number | null;
  }): void {
    this.#usage.inputTokens = usage.input_tokens ?? this.#usage.inputTokens;
    this.#usage.outputTokens = usage.output_tokens;
    this.#usage.cacheReadTokens = usage.cache_read_input_tokens ?? this.#usage.cacheReadTokens;
    this.#usage.cacheWriteTokens = usage.cache_creation_input_tokens ?? this.#usage.cacheWriteTokens;
  }
}

function stopReasonOf(reason: StopReason | null): ModelResult["stopReason"] {
  switch (reason) {
    case "tool_use":
      return "tools";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "refusal";
    default:
      return "end";
  }
}
