/**
 * Decides what of a conversation a model call can hold. Nothing that the call is about is ever dropped: the user's
 * message and the turn's tool calls with their results stay, cut where they must be; earlier messages go, oldest first.
 */
import { cutToTokens, LEAST_CUT_TOKENS } from "./cut-text.ts";
import type { ModelMessage, ModelRequest, ToolDefinition } from "./provider.ts";
import { estimateMessageTokens, estimateTokens, estimateToolTokens } from "./tokens.ts";

/** How many earlier messages of the conversation the model sees at most. */
export const CONTEXT_MESSAGES = 20;

/** Part of the window that stays empty, because tokens are only estimated. */
const RESERVE = 0.1;
/** Most of the room that one earlier message may take: a single long one must not displace all the others. */
const EARLIER_SHARE = 0.25;

/** What wants to go into a model call, and how much of it can. */
export interface ContextParts {
  system: ModelRequest["system"];
  tools: readonly ToolDefinition[];
  /** The conversation before this turn, oldest first: texts of users and answers. */
  earlier: readonly ModelMessage[];
  /** The user's message, and what this turn did so far: every assistant message with its tool results. */
  turn: readonly ModelMessage[];
  /** Output tokens that the answer may take. */
  maxTokens: number;
  /** Tokens of the model's window, see `modelTraits`. */
  contextWindow: number;
}

/**
 * The messages of the call, oldest first. It begins with a user's message, since a conversation must (Anthropic
 * Messages API), and fits into {@link contextRoom} whenever what cannot be cut does: the model's own words and calls,
 * which the APIs want to see again unchanged.
 */
export function fitContext(parts: ContextParts): ModelMessage[] {
  const room = contextRoom(parts);
  const turn = fitTurn(parts.turn, room);
  const earlier = fitEarlier(parts.earlier, room - totalTokens(turn), room * EARLIER_SHARE);
  return [...earlier, ...turn];
}

/** Tokens that the messages of a call may take together. */
export function contextRoom({
  system,
  tools,
  maxTokens,
  contextWindow,
}: Pick<ContextParts, "system" | "tools" | "maxTokens" | "contextWindow">): number {
  // A limit as large as the window is a mistake of the configuration; it must not leave the prompt without room.
  const answer = Math.min(maxTokens, contextWindow / 2);
  const prompt = estimateTokens(system.stable) + estimateTokens(system.varying) + estimateToolTokens(tools);
  return Math.floor(contextWindow * (1 - RESERVE) - answer - prompt);
}

/** Cuts the longest texts of the turn, all to the same length, until the turn fits. */
function fitTurn(turn: readonly ModelMessage[], room: number): ModelMessage[] {
  const excess = totalTokens(turn) - room;
  if (excess <= 0) return [...turn];
  const sizes = turn.flatMap(cuttableTexts).map(estimateTokens);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const limit = largestLimit(sizes, total - excess);
  return turn.map((message) => cutMessage(message, limit));
}

/** The largest limit for which texts of these sizes, each cut to it, take no more than `room` together. */
function largestLimit(sizes: readonly number[], room: number): number {
  const ascending = [...sizes].sort((a, b) => a - b);
  let left = room;
  for (const [index, size] of ascending.entries()) {
    const share = left / (ascending.length - index);
    if (size > share) return Math.max(Math.floor(share), LEAST_CUT_TOKENS);
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

/** The newest messages that fit, without a gap. */
function fitEarlier(earlier: readonly ModelMessage[], room: number, limit: number): ModelMessage[] {
  const fitting: ModelMessage[] = [];
  let left = room;
  for (const message of earlier.slice(-CONTEXT_MESSAGES).reverse()) {
    const cut = cutMessage(message, limit);
    left -= estimateMessageTokens(cut);
    if (left < 0) break;
    fitting.unshift(cut);
  }
  const firstUser = fitting.findIndex(({ role }) => role === "user");
  return firstUser < 0 ? [] : fitting.slice(firstUser);
}

function cuttableTexts(message: ModelMessage): string[] {
  switch (message.role) {
    case "user":
      return [message.text];
    case "assistant":
      return isAtWork(message) ? [] : [message.text];
    case "tool":
      return message.results.map(({ content }) => content);
    default:
      return message satisfies never;
  }
}

function cutMessage(message: ModelMessage, limit: number): ModelMessage {
  switch (message.role) {
    case "user":
      return { ...message, text: cutToTokens(message.text, limit) };
    case "assistant":
      if (isAtWork(message)) return message;
      return { ...message, text: cutToTokens(message.text, limit) };
    case "tool":
      return {
        ...message,
        results: message.results.map((result) => ({
          ...result,
          content: cutToTokens(result.content, limit),
        })),
      };
    default:
      return message satisfies never;
  }
}

/** Whether a message asks for tools: it is repeated unchanged then, thoughts and all, for these are signed. */
function isAtWork({ toolCalls, continuation }: Extract<ModelMessage, { role: "assistant" }>): boolean {
  return toolCalls.length > 0 || continuation !== undefined;
}

function totalTokens(messages: readonly ModelMessage[]): number {
  return messages.reduce((total, message) => total + estimateMessageTokens(message), 0);
}
