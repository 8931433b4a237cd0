/** Repo learnings: what one agent found out about a repository, for all of them. */
import { and, asc, desc, eq, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { memoryKey, tidyText } from "../../shared/memory/text.ts";
import { conductorLearnings } from "./schema.ts";

/** Most learnings of a repository in one answer. */
const MAX_LISTED = 200;

/** A learning as it is kept. Times are Unix milliseconds. */
export type Learning = Omit<typeof conductorLearnings.$inferSelect, "key">;

const { repo, learning, agentId, occurrences, createdAt, lastSeenAt } = conductorLearnings;
const columns = { repo, learning, agentId, occurrences, createdAt, lastSeenAt };

/** Keeps a learning; told again, it counts up. Case and white space do not matter. @throws when D1 does not answer. */
export async function addLearning(
  db: DrizzleD1Database,
  told: { repo: string; learning: string; agentId: string },
  now: number,
): Promise<Learning> {
  const text = tidyText(told.learning);
  const [row] = await db
    .insert(conductorLearnings)
    .values({ ...told, learning: text, key: memoryKey(text), createdAt: now, lastSeenAt: now })
    .onConflictDoUpdate({
      target: [conductorLearnings.repo, conductorLearnings.key],
      set: { occurrences: sql`${occurrences} + 1`, lastSeenAt: now },
    })
    .returning(columns);
  if (row === undefined) throw new Error("D1 did not tell the learning");
  return row;
}

/** What is known of a repository, told most often first. @throws when D1 does not answer. */
export async function listLearnings(db: DrizzleD1Database, repository: string): Promise<Learning[]> {
  return db
    .select(columns)
    .from(conductorLearnings)
    .where(eq(repo, repository))
    .orderBy(desc(occurrences), desc(lastSeenAt), asc(learning))
    .limit(MAX_LISTED);
}

/** Forgets a learning. @returns whether it was known. @throws when D1 does not answer. */
export async function forgetLearning(
  db: DrizzleD1Database,
  known: { repo: string; learning: string },
): Promise<boolean> {
  const isThis = and(eq(repo, known.repo), eq(conductorLearnings.key, memoryKey(known.learning)));
  return (await db.delete(conductorLearnings).where(isThis).returning({ repo })).length > 0;
}
