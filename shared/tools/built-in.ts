import type { Tool } from "./tool.ts";

/**
 * An agent's own tools, and after them those that every agent has. A tool of its own keeps its name: the built-in one
 * with the same name is left out, so that nothing that a character says is called by another name than it says.
 */
export function withBuiltInTools(own: readonly Tool[], builtIn: readonly Tool[]): Tool[] {
  const taken = new Set(own.map(({ name }) => name));
  return [...own, ...builtIn.filter(({ name }) => !taken.has(name))];
}
