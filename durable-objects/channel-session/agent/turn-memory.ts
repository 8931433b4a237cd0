import { drizzle } from "drizzle-orm/d1";
import { describeD1Failure } from "../../../d1/failure.ts";
import { userMemory } from "../../../d1/memory/user-memory.ts";
import type { Agent } from "../../../shared/character/registry.ts";
import type { Logger } from "../../../shared/log.ts";
import { buildMemoryTools, type Memory } from "../../../shared/tools/memory.ts";
import type { Tool } from "../../../shared/tools/tool.ts";
import type { FactReader } from "./fact-reader.ts";

/** What an agent's memory brings to a turn. */
export interface TurnMemory {
  /** What is known about the user who speaks. Never rejects. */
  facts(): Promise<readonly string[]>;
  /** None when the character turns them off. */
  tools: readonly Tool[];
}

/** What a turn's memory is made of. */
export interface TurnMemoryParts {
  agent: Agent;
  /** The user who speaks: nobody else's facts can be reached. */
  user: string;
  d1: D1Database;
  facts: FactReader;
  log: Logger;
  now: () => number;
}

/** Binds an agent's memory to one turn. */
export function turnMemory({ agent, user, d1, facts, log, now }: TurnMemoryParts): TurnMemory {
  const settings = agent.character.memory;
  const stored = userMemory(drizzle(d1), { agent: agent.id, user }, settings, now);
  /** What was read about the user before a change must not be read after it. */
  const changing = async <T>(change: Promise<T>): Promise<T> => change.finally(() => facts.drop(user));
  const memory: Memory = {
    ...stored,
    rememberFact: (fact) => changing(stored.rememberFact(fact)),
    forgetFact: (fact) => changing(stored.forgetFact(fact)),
  };
  const failed = (error: unknown) =>
    log.log("warn", "memory.unavailable", { cause: describeD1Failure(error) });
  return {
    facts: () => facts.read(user, { now: now(), settings }, log),
    tools: settings.tools ? buildMemoryTools(memory, failed) : [],
  };
}
