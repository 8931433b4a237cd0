/** What an option can be completed to, looked up while somebody types. */
import { drizzle } from "drizzle-orm/d1";
import { listFacts } from "../../../d1/memory/facts.ts";
import type { Agent } from "../../../shared/character/registry.ts";
import { type Choice, choiceText, MAX_CHOICES } from "../../../shared/interaction/choice.ts";
import type { Suggestion } from "../../../shared/interaction/plan.ts";
import { factsSince } from "../../../shared/memory/retention.ts";
import type { Env } from "../../env.ts";
import { nameOf, providersOf } from "../providers.ts";

/**
 * @param now Unix milliseconds.
 * @returns at most {@link MAX_CHOICES}.
 * @throws when D1 does not answer.
 */
export async function suggest(
  suggestion: Suggestion,
  agent: Agent,
  env: Env,
  now: number,
): Promise<Choice[]> {
  switch (suggestion.of) {
    case "providers":
      return matching(providersOf(agent, env).map(nameOf), suggestion.typed);
    case "jobs":
      return matching(
        agent.character.cron.map(({ id }) => id),
        suggestion.typed,
      );
    case "facts": {
      const owner = { agent: agent.id, user: suggestion.user };
      const since = factsSince(agent.character.memory, now);
      const facts = await listFacts(drizzle(env.DB), owner, { since });
      return matching(
        facts.map(({ fact }) => fact),
        suggestion.typed,
      );
    }
    case "nothing":
      return [];
    default:
      return suggestion satisfies never;
  }
}

/** Those that hold what was typed, in whatever case. */
function matching(texts: readonly string[], typed: string): Choice[] {
  const part = typed.trim().toLowerCase();
  return texts
    .filter((text) => text.toLowerCase().includes(part))
    .slice(0, MAX_CHOICES)
    .map((text) => ({ name: choiceText(text), value: choiceText(text) }));
}
