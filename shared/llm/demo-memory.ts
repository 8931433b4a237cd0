/** How the demo model uses its memory: three sentences that it understands. */
import type { ToolDefinition } from "./provider.ts";

/** A call of a memory tool, and what the demo says before it. */
export interface DemoMemoryCall {
  name: "remember" | "recall" | "forget";
  input: Record<string, string>;
  announcement: string;
}

const MEMORY_TOOLS: readonly string[] = ["remember", "recall", "forget"];

/** The call that `text` asks for ("remember that …", "what do you know about me?", "forget that …"), if `tools` has it. */
export function chooseMemoryCall(text: string, tools: readonly ToolDefinition[]): DemoMemoryCall | null {
  const call = memoryCall(text.trim().replaceAll(/\s+/g, " "));
  return call !== null && tools.some(({ name }) => name === call.name) ? call : null;
}

/** The tools that are picked by the words they share with a message; a memory tool is not, for its words are too common. */
export function withoutMemoryTools(tools: readonly ToolDefinition[]): ToolDefinition[] {
  return tools.filter(({ name }) => !MEMORY_TOOLS.includes(name));
}

function memoryCall(text: string): DemoMemoryCall | null {
  const [, verb, fact] = /^(?:please,? )?(remember|forget) that (.+)$/i.exec(text) ?? [];
  if (verb !== undefined && fact !== undefined) {
    const input = { fact: fact.replace(/[.!]+$/, "") };
    return verb.toLowerCase() === "remember"
      ? { name: "remember", input, announcement: "I will keep that in mind." }
      : { name: "forget", input, announcement: "Let me take that off my mind." };
  }
  const [, about] = /^what do you (?:know|remember) about (.+?)[?!. ]*$/i.exec(text) ?? [];
  if (about === undefined) return null;
  const announcement = "Let me see what I remember.";
  if (/^(me|myself)$/i.test(about)) return { name: "recall", input: {}, announcement };
  return /\bremember\b/i.test(text) ? { name: "recall", input: { query: about }, announcement } : null;
}
