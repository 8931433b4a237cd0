/** What to ask first, read off the agent's tools. */

/**
 * Suggestions for an empty conversation: a GET tool whose description begins with what it gives ("A random quote.
 * Query: …") becomes a request for it; other tools suggest nothing.
 */
export function suggestions(tools: readonly { name: string; description: string }[]): string[] {
  return tools
    .filter(({ name }) => name.startsWith("get_"))
    .map(({ description }) => /^(an? [^.:;(]+?)\s*(?:[.:;(]|$)/i.exec(description)?.[1])
    .filter((thing) => thing !== undefined)
    .slice(0, 4)
    .map((thing) => `Give me ${thing.charAt(0).toLowerCase()}${thing.slice(1)}`);
}
