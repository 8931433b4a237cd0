/** What agents know about users. */
import { and, count, desc, eq, gte, ne } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { Fact, NewFact } from "../../shared/memory/fact.ts";
import { memoryKey, tidyText } from "../../shared/memory/text.ts";
import { facts } from "../schema.ts";
import {
  isAnotherCall,
  isExpired,
  isExpiredBatch,
  isSurplus,
  type MemoryClock,
  toldAgain,
} from "./upkeep.ts";

/** Most facts that are kept about one user; the oldest and least certain make room. */
export const MAX_FACTS = 200;

/** Most facts a turn reads about one user: those told last. */
export const MAX_FACTS_READ = 50;

/** Whose facts: one agent never reads what another was told. */
export interface FactOwner {
  agent: string;
  user: string;
}

/** The facts about a user that were told last, newest first. @throws when D1 does not answer. */
export async function listFacts(
  db: DrizzleD1Database,
  owner: FactOwner,
  { since, limit = MAX_FACTS }: { since: number; limit?: number },
): Promise<Fact[]> {
  const { fact, confidence, occurrences, createdAt, lastSeenAt } = facts;
  return db
    .select({ fact, confidence, occurrences, createdAt, lastSeenAt })
    .from(facts)
    .where(and(isAbout(owner), gte(lastSeenAt, since)))
    .orderBy(desc(lastSeenAt), facts.key)
    .limit(limit);
}

/** Keeps a fact; one that is known becomes surer. All or nothing. @throws when D1 does not answer. */
export async function addFact(
  db: DrizzleD1Database,
  owner: FactOwner,
  { fact, confidence, source }: NewFact,
  { now, since }: MemoryClock,
): Promise<void> {
  const key = memoryKey(fact);
  const isThis = and(isAbout(owner), eq(facts.key, key));
  const others = and(isAbout(owner), ne(facts.key, key));
  await db.batch([
    // What is told again after it was forgotten is new.
    db.delete(facts).where(and(isThis, isExpired(facts, owner.agent, since))),
    db.delete(facts).where(isExpiredBatch(facts, owner.agent, since)),
    db
      .insert(facts)
      .values({ ...owner, key, fact: tidyText(fact), confidence, createdAt: now, lastSeenAt: now, source })
      .onConflictDoUpdate({
        target: [facts.agent, facts.user, facts.key],
        set: toldAgain(facts),
        setWhere: isAnotherCall(facts),
      }),
    db.delete(facts).where(isSurplus(facts, others, MAX_FACTS - 1)),
  ]);
}

/** Forgets one fact, in whatever case it is written. @returns whether it was known. @throws when D1 does not answer. */
export async function forgetFact(
  db: DrizzleD1Database,
  owner: FactOwner,
  fact: string,
  since: number,
): Promise<boolean> {
  const isThis = and(isAbout(owner), eq(facts.key, memoryKey(fact)));
  const gone = await db.delete(facts).where(isThis).returning({ lastSeenAt: facts.lastSeenAt });
  return gone.some(({ lastSeenAt }) => lastSeenAt >= since);
}

/** Forgets all facts about a user. @returns how many were known. @throws when D1 does not answer. */
export async function forgetFacts(db: DrizzleD1Database, owner: FactOwner, since: number): Promise<number> {
  const [known] = await db.batch([
    db
      .select({ rows: count() })
      .from(facts)
      .where(and(isAbout(owner), gte(facts.lastSeenAt, since))),
    db.delete(facts).where(isAbout(owner)),
  ]);
  return known[0]?.rows ?? 0;
}

function isAbout({ agent, user }: FactOwner) {
  return and(eq(facts.agent, agent), eq(facts.user, user));
}
