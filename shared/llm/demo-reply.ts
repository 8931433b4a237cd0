/** One reply of the demo model. */
import type { ToolCall } from "./provider.ts";

/** An answer, or a text that announces tool calls. */
export interface DemoReply {
  text: string;
  toolCalls: ToolCall[];
}

/** A reply that calls no tool, and so ends the turn. */
export function answer(text: string): DemoReply {
  return { text, toolCalls: [] };
}
