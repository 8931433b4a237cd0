import type { ModelMessage, ToolResult } from "../../../shared/llm/provider.ts";
import type { StepEntry } from "./journal.ts";

/** A message of the conversation before this turn. */
export interface EarlierMessage {
  role: "user" | "assistant";
  content: string;
}

/** What the user wrote, and what came with it. */
export type UserMessage = Extract<ModelMessage, { role: "user" }>;

/** The conversation before a turn, as the model reads it. */
export function earlierMessages(earlier: readonly EarlierMessage[]): ModelMessage[] {
  return earlier.map(({ role, content }) =>
    role === "user" ? { role, text: content } : { role, text: content, toolCalls: [] },
  );
}

/**
 * The user's message and what the turn did so far.
 *
 * @param steps the turn's journal; every tool call in it has a result.
 */
export function turnMessages(user: UserMessage, steps: readonly StepEntry[]): ModelMessage[] {
  const messages: ModelMessage[] = [user];
  for (const step of steps) {
    if (step.kind === "summary" || step.kind === "command" || !step.result) continue;
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
