/** What an agent remembers, in the words its model reads. */
import type { Fact } from "../memory/fact.ts";
import type { Pattern } from "../memory/pattern.ts";
import type { Recollection } from "../memory/recollection.ts";

/** Most facts and most patterns that one call tells. */
const MAX_TOLD = { facts: 25, patterns: 10 };

/** Tells what was found for `query`, one line for each thing. */
export function describeRecollection({ facts, patterns }: Recollection, query: string): string {
  if (facts.length + patterns.length === 0) {
    return query === "" ? "Nothing is remembered yet." : `Nothing that is remembered fits: ${query}`;
  }
  return [
    list("Facts about the user", facts, MAX_TOLD.facts, describeFact),
    list("Patterns", patterns, MAX_TOLD.patterns, describePattern),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function list<T>(title: string, things: readonly T[], most: number, describe: (thing: T) => string): string {
  if (things.length === 0) return "";
  const told = things.slice(0, most).map((thing) => `- ${describe(thing)}`);
  const left = things.length - told.length;
  const rest = left > 0 ? [`(${left} more; ask for it by its words)`] : [];
  return [`${title}:`, ...told, ...rest].join("\n");
}

function describeFact(fact: Fact): string {
  return `${fact.fact} (${describeTelling(fact)})`;
}

function describePattern(pattern: Pattern): string {
  const { entity, type, data } = pattern;
  return `${entity}, ${type}: ${JSON.stringify(data)} (${describeTelling(pattern)})`;
}

function describeTelling({ confidence, occurrences, lastSeenAt }: Fact | Pattern): string {
  const times = occurrences === 1 ? "told once" : `told ${occurrences} times`;
  const day = new Date(lastSeenAt).toISOString().slice(0, 10);
  return `${times}, last on ${day}, confidence ${confidence.toFixed(2)}`;
}
