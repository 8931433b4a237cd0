import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { Character } from "../../shared/character/schema.ts";
import { factsSince, patternsSince } from "../../shared/memory/retention.ts";
import { searchByWords } from "../../shared/memory/search.ts";
import type { Memory } from "../../shared/tools/memory.ts";
import { addFact, type FactOwner, forgetFact, listFacts } from "./facts.ts";
import { addPattern, listPatterns } from "./patterns.ts";

/**
 * What an agent remembers of one user, and its patterns.
 *
 * @param owner the only user whose facts can be reached.
 * @param settings how long things are remembered.
 */
export function userMemory(
  db: DrizzleD1Database,
  owner: FactOwner,
  settings: Character["memory"],
  now: () => number,
): Memory {
  const ofFacts = () => ({ now: now(), since: factsSince(settings, now()) });
  const ofPatterns = () => ({ now: now(), since: patternsSince(settings, now()) });
  return {
    rememberFact: (fact) => addFact(db, owner, fact, ofFacts()),
    rememberPattern: (pattern) => addPattern(db, owner.agent, pattern, ofPatterns()),
    async recall(query) {
      const [facts, patterns] = await Promise.all([
        listFacts(db, owner, ofFacts()),
        listPatterns(db, owner.agent, ofPatterns().since),
      ]);
      return {
        facts: searchByWords(query, facts, ({ fact }) => fact),
        patterns: searchByWords(
          query,
          patterns,
          ({ entity, type, data }) => `${entity} ${type} ${JSON.stringify(data)}`,
        ),
      };
    },
    forgetFact: (fact) => forgetFact(db, owner, fact, ofFacts().since),
  };
}
