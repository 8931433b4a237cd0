/** What agents have learned about things: repositories, projects, services, teams. */
import { and, count, desc, eq, gte, ne, or, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { NewPattern, Pattern, PatternName } from "../../shared/memory/pattern.ts";
import { memoryKey } from "../../shared/memory/text.ts";
import { patterns } from "../schema.ts";
import {
  isAnotherCall,
  isExpired,
  isExpiredBatch,
  isSurplus,
  type MemoryClock,
  toldAgain,
} from "./upkeep.ts";

/** Most patterns that an agent keeps; the oldest and least certain make room. */
export const MAX_PATTERNS = 500;

/** An agent's patterns, told last first. @throws when D1 does not answer. */
export async function listPatterns(db: DrizzleD1Database, agent: string, since: number): Promise<Pattern[]> {
  const { entity, type, data, confidence, occurrences, createdAt, lastSeenAt } = patterns;
  return db
    .select({ entity, type, data, confidence, occurrences, createdAt, lastSeenAt })
    .from(patterns)
    .where(and(eq(patterns.agent, agent), gte(lastSeenAt, since)))
    .orderBy(desc(lastSeenAt), entity, type)
    .limit(MAX_PATTERNS);
}

/**
 * Keeps a pattern; one that is known becomes surer and says what was told last. All or nothing.
 *
 * @throws when D1 does not answer.
 */
export async function addPattern(
  db: DrizzleD1Database,
  agent: string,
  { data, confidence, source, ...name }: NewPattern,
  { now, since }: MemoryClock,
): Promise<void> {
  const [entity, type] = [memoryKey(name.entity), memoryKey(name.type)];
  const isThis = isNamed(agent, { entity, type });
  const others = and(eq(patterns.agent, agent), or(ne(patterns.entity, entity), ne(patterns.type, type)));
  await db.batch([
    // What is told again after it was forgotten is new.
    db.delete(patterns).where(and(isThis, isExpired(patterns, agent, since))),
    db.delete(patterns).where(isExpiredBatch(patterns, agent, since)),
    db
      .insert(patterns)
      .values({ agent, entity, type, data, confidence, createdAt: now, lastSeenAt: now, source })
      .onConflictDoUpdate({
        target: [patterns.agent, patterns.entity, patterns.type],
        set: { ...toldAgain(patterns), data: sql`excluded.data` },
        setWhere: isAnotherCall(patterns),
      }),
    db.delete(patterns).where(isSurplus(patterns, others, MAX_PATTERNS - 1)),
  ]);
}

/** Forgets one pattern. @returns whether it was known. @throws when D1 does not answer. */
export async function forgetPattern(
  db: DrizzleD1Database,
  agent: string,
  { entity, type }: PatternName,
  since: number,
): Promise<boolean> {
  const isThis = isNamed(agent, { entity: memoryKey(entity), type: memoryKey(type) });
  const gone = await db.delete(patterns).where(isThis).returning({ lastSeenAt: patterns.lastSeenAt });
  return gone.some(({ lastSeenAt }) => lastSeenAt >= since);
}

/** Forgets all patterns of an agent. @returns how many were known. @throws when D1 does not answer. */
export async function forgetPatterns(db: DrizzleD1Database, agent: string, since: number): Promise<number> {
  const isOwn = eq(patterns.agent, agent);
  const [known] = await db.batch([
    db
      .select({ rows: count() })
      .from(patterns)
      .where(and(isOwn, gte(patterns.lastSeenAt, since))),
    db.delete(patterns).where(isOwn),
  ]);
  return known[0]?.rows ?? 0;
}

function isNamed(agent: string, { entity, type }: PatternName) {
  return and(eq(patterns.agent, agent), eq(patterns.entity, entity), eq(patterns.type, type));
}
