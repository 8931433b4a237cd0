import { and, desc, eq } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { facts } from "./schema.ts";

/** Longest fact, in UTF-16 code units. */
export const MAX_FACT = 500;

/** Most facts a turn reads about one user: the newest. */
export const MAX_FACTS_READ = 50;

/** Whose facts: one agent never reads what another was told. */
export interface FactOwner {
  agent: string;
  user: string;
}

/** The newest facts about a user, oldest of them first. @throws when D1 does not answer. */
export async function listFacts(db: DrizzleD1Database, { agent, user }: FactOwner): Promise<string[]> {
  const rows = await db
    .select({ fact: facts.fact })
    .from(facts)
    .where(and(eq(facts.agent, agent), eq(facts.user, user)))
    .orderBy(desc(facts.createdAt))
    .limit(MAX_FACTS_READ);
  return rows.map(({ fact }) => fact).reverse();
}

/** Keeps a fact; one that is known already stays as it is. */
export async function addFact(
  db: DrizzleD1Database,
  owner: FactOwner,
  fact: string,
  now: number,
): Promise<void> {
  await db
    .insert(facts)
    .values({ ...owner, fact, createdAt: now })
    .onConflictDoNothing();
}

/** Forgets one fact. @returns whether it was known. */
export async function forgetFact(
  db: DrizzleD1Database,
  { agent, user }: FactOwner,
  fact: string,
): Promise<boolean> {
  const gone = await db
    .delete(facts)
    .where(and(eq(facts.agent, agent), eq(facts.user, user), eq(facts.fact, fact)))
    .returning({ fact: facts.fact });
  return gone.length > 0;
}
