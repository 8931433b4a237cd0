/**
 * Estimates of tokens, without a tokenizer: too high rather than too low, since a prompt that is too long is refused
 * and one that is a little shorter than it could be is not missed.
 */
import type { ModelMessage, ToolDefinition } from "./provider.ts";

/**
 * English takes 3 to 4.5 bytes a token, code 2.5 to 3.5, Chinese and Japanese 2.5 to 4 (a character is 3 bytes). UTF-8
 * bytes treat them alike, where characters would not. Base64 and the like take more tokens than this; {@link
 * contextRoom} keeps a reserve for them.
 */
const BYTES_PER_TOKEN = 2.5;

/** Tokens that a message or a tool's result takes besides its text. */
const FRAME_TOKENS = 10;

/** The most that either vendor counts for one image, rounded up. */
export const IMAGE_TOKENS = 5_000;

const encoder = new TextEncoder();

/** Tokens of a text, about; never less for more text. */
export function estimateTokens(text: string): number {
  return Math.ceil(encoder.encode(text).byteLength / BYTES_PER_TOKEN);
}

/** Tokens of a message, images, tool calls and repeated thoughts included. */
export function estimateMessageTokens(message: ModelMessage): number {
  switch (message.role) {
    case "user":
      return FRAME_TOKENS + estimateTokens(message.text) + (message.images?.length ?? 0) * IMAGE_TOKENS;
    case "assistant": {
      const { text, toolCalls, continuation } = message;
      const said = estimateTokens(text) + (toolCalls.length === 0 ? 0 : estimateJsonTokens(toolCalls));
      // Which of the two is sent is the provider's to decide.
      return FRAME_TOKENS + Math.max(said, continuation === undefined ? 0 : estimateJsonTokens(continuation));
    }
    case "tool":
      return message.results.reduce(
        (total, { callId, name, content }) =>
          total + FRAME_TOKENS + estimateTokens(callId + name) + estimateTokens(content),
        FRAME_TOKENS,
      );
    default:
      return message satisfies never;
  }
}

/** Tokens of the tools' definitions. */
export function estimateToolTokens(tools: readonly ToolDefinition[]): number {
  return tools.reduce((total, tool) => total + FRAME_TOKENS + estimateJsonTokens(tool), 0);
}

function estimateJsonTokens(value: unknown): number {
  return estimateTokens(JSON.stringify(value) ?? "");
}
