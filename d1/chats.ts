import { and, desc, eq } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { chats } from "./schema.ts";

/** Longest title, in UTF-16 code units. */
const MAX_TITLE = 80;

/** A web chat in the playground's list. `updatedAt`: Unix milliseconds. */
export interface ChatEntry {
  id: string;
  title: string;
  updatedAt: number;
}

/** Notes that a chat was used; its first message is its title. */
export async function recordChat(
  db: DrizzleD1Database,
  agent: string,
  { id, title, updatedAt }: ChatEntry,
): Promise<void> {
  await db
    .insert(chats)
    .values({ agent, id, title: firstLine(title), updatedAt })
    .onConflictDoUpdate({ target: [chats.agent, chats.id], set: { updatedAt } });
}

/** An agent's chats, newest first. */
export async function listChats(db: DrizzleD1Database, agent: string, limit: number): Promise<ChatEntry[]> {
  return db
    .select({ id: chats.id, title: chats.title, updatedAt: chats.updatedAt })
    .from(chats)
    .where(eq(chats.agent, agent))
    .orderBy(desc(chats.updatedAt))
    .limit(limit);
}

/** Takes a chat off the list. */
export async function forgetChat(db: DrizzleD1Database, agent: string, id: string): Promise<void> {
  await db.delete(chats).where(and(eq(chats.agent, agent), eq(chats.id, id)));
}

function firstLine(text: string): string {
  const line = text.trim().split("\n", 1)[0]?.trim() ?? "";
  const characters = Array.from(line);
  return characters.length <= MAX_TITLE ? line : `${characters.slice(0, MAX_TITLE - 1).join("")}…`;
}
