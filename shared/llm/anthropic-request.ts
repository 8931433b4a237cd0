/**
 * Our messages as a request of Anthropic's Messages API. Pure: the same input gives the same request, byte for byte, so
 * that prompt caching finds its prefix again.
 */
import type {
  ContentBlockParam,
  MessageCreateParams,
  MessageParam,
  TextBlockParam,
  Tool,
} from "@anthropic-ai/sdk/resources/messages";
import * as z from "zod";
import type { ModelImage, ModelMessage, ModelRequest } from "./provider.ts";
import { toolInputObject } from "./tool-input.ts";

const CACHED = { cache_control: { type: "ephemeral" } } as const;

/** Blocks that a tool round repeats to the model exactly as it said them. */
const repeatedBlock = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal("redacted_thinking"), data: z.string() }),
  z.object({
    type: z.literal("tool_use"),
    id: z.string(),
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
  }),
]);

/** What {@link ModelResult.continuation} holds for this provider. Thinking is bound to the model that did it. */
export const anthropicContinuation = z.object({
  provider: z.literal("anthropic"),
  model: z.string(),
  content: z.array(repeatedBlock),
});
export type AnthropicContinuation = z.infer<typeof anthropicContinuation>;

/**
 * Builds the request without `temperature` and `stream`.
 *
 * Three of the API's four cache breakpoints are set: after the tools, after the stable part of the system prompt, and at
 * the end of the messages, so that the next tool round reads everything up to here from the cache.
 */
export function anthropicRequest(
  model: string,
  request: ModelRequest,
): Pick<MessageCreateParams, "model" | "max_tokens" | "system" | "tools" | "tool_choice" | "messages"> {
  const tools: Tool[] = request.tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    input_schema: { ...tool.inputSchema },
  }));
  const lastTool = tools.at(-1);
  if (lastTool !== undefined) Object.assign(lastTool, CACHED);
  const system = systemBlocks(request.system);
  return {
    model,
    max_tokens: request.maxTokens,
    ...(system.length > 0 ? { system } : {}),
    // The API refuses a `tool_choice` without `tools`.
    ...(tools.length > 0 ? { tools, tool_choice: { type: request.toolChoice } } : {}),
    messages: messages(model, request.messages),
  };
}

function systemBlocks({ stable, varying }: ModelRequest["system"]): TextBlockParam[] {
  return [
    ...(stable.trim() === "" ? [] : [{ type: "text" as const, text: stable, ...CACHED }]),
    ...(varying.trim() === "" ? [] : [{ type: "text" as const, text: varying }]),
  ];
}

/** Neighbours of one role become one message, since roles must alternate. */
function messages(model: string, history: readonly ModelMessage[]): MessageParam[] {
  const merged: { role: "user" | "assistant"; content: ContentBlockParam[] }[] = [];
  if (history[0]?.role === "assistant") {
    // A window on a longer conversation may begin with an answer; the API wants a user first.
    merged.push({ role: "user", content: textBlock("(The conversation began earlier.)") });
  }
  for (const message of history) {
    const role = message.role === "assistant" ? "assistant" : "user";
    const content = contentOf(model, message);
    const last = merged.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else merged.push({ role, content });
  }
  const lastBlock = merged.at(-1)?.content.at(-1);
  if (lastBlock?.type === "text" || lastBlock?.type === "tool_result") Object.assign(lastBlock, CACHED);
  return merged;
}

function contentOf(model: string, message: ModelMessage): ContentBlockParam[] {
  switch (message.role) {
    case "user":
      // A message must not vanish: without it two answers would stand next to each other.
      return [
        // Images first: Claude reads them best before the question about them (Claude docs, "Vision").
        ...(message.images ?? []).map(imageBlock),
        ...textBlock(message.text.trim() === "" ? "(no text)" : message.text),
      ];
    case "assistant": {
      const said = anthropicContinuation.safeParse(message.continuation);
      if (said.success && said.data.model === model) {
        return said.data.content.filter((block) => block.type !== "text" || block.text.trim() !== "");
      }
      return [
        ...textBlock(message.text),
        ...message.toolCalls.map((call) => ({
          type: "tool_use" as const,
          id: call.id,
          name: call.name,
          input: toolInputObject(call.input),
        })),
      ];
    }
    case "tool":
      return message.results.map((result) => ({
        type: "tool_result" as const,
        tool_use_id: result.callId,
        content: result.content === "" ? "(empty)" : result.content,
        ...(result.isError ? { is_error: true } : {}),
      }));
    default:
      return message satisfies never;
  }
}

function imageBlock(image: ModelImage): ContentBlockParam {
  switch (image.kind) {
    case "url":
      return { type: "image", source: { type: "url", url: image.url } };
    case "bytes":
      return { type: "image", source: { type: "base64", media_type: image.mediaType, data: image.base64 } };
    default:
      return image satisfies never;
  }
}

/** The API refuses a text block without visible text. */
function textBlock(text: string): ContentBlockParam[] {
  return text.trim() === "" ? [] : [{ type: "text", text }];
}
