import type { ModelMessage, ToolResult } from "../../shared/llm/provider.ts";
import type { StepEntry } from "./schema.ts";

/** How many earlier messages of the conversation the model sees. */
export const CONTEXT_MESSAGES = 20;

/** A message of the conversation before this turn. */
export interface EarlierMessage {
  role: "user" | "assistant";
  content: string;
}

/**
 * The messages of the next model call: earlier conversation, the user's message, and what this turn did so far.
 *
 * @param earlier messages before this turn, oldest first; the last {@link CONTEXT_MESSAGES} are used, and none before the
 *   first user message among them, for a conversation must begin with the user (Anthropic Messages API).
 * @param steps the turn's journal; every tool call in it has a result.
 */
export function modelMessages(
  earlier: readonly EarlierMessage[],
  userText: string,
  steps: readonly StepEntry[],
): ModelMessage[] {
  const recent = earlier.slice(-CONTEXT_MESSAGES);
  const firstUser = recent.findIndex((message) => message.role === "user");
  const conversation = firstUser < 0 ? [] : recent.slice(firstUser);
  return [
    ...conversation.map(
      ({ role, content }): ModelMessage =>
        role === "user" ? { role, text: content } : { role, text: content, toolCalls: [] },
    ),
    { role: "user", text: userText },
    ...turnMessages(steps),
  ];
}

function turnMessages(steps: readonly StepEntry[]): ModelMessage[] {
  const messages: ModelMessage[] = [];
  for (const step of steps) {
    if (!step.result) continue;
    if (step.kind === "model") {
      const { text, toolCalls, continuation } = step.result;
      messages.push({ role: "assistant", text, toolCalls, continuation });
      continue;
    }
    const { content, isError } = step.result;
    const result: ToolResult = { callId: step.callId, name: step.name, content, isError };
    const previous = messages.at(-1);
    if (previous?.role === "tool") previous.results.push(result);
    else messages.push({ role: "tool", results: [result] });
  }
  return messages;
}
