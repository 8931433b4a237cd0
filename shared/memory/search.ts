/** Finds what a few words are about, among as much as an agent remembers. */

/**
 * The entries that hold at least one word of `query`, those with the most of its words first, equals in their order.
 * A word also matches inside a longer one, in any case. A query without words finds every entry.
 */
export function searchByWords<T>(query: string, entries: readonly T[], textOf: (entry: T) => string): T[] {
  const words = [...new Set(query.toLowerCase().match(/[\p{L}\p{N}]+/gu))];
  if (words.length === 0) return [...entries];
  return entries
    .map((entry) => {
      const text = textOf(entry).toLowerCase();
      return { entry, found: words.filter((word) => text.includes(word)).length };
    })
    .filter(({ found }) => found > 0)
    .sort((a, b) => b.found - a.found)
    .map(({ entry }) => entry);
}
