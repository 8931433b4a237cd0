import { drizzle } from "drizzle-orm/d1";
import type { Logger } from "../../shared/log.ts";
import { listFacts } from "../../shared/memory/facts.ts";

/** How long facts that were read are good for, in milliseconds: a conversation in full swing reads D1 twice a minute. */
const FRESH_MS = 30_000;

/** Reads what is known about the people in a conversation. D1 may fail: that costs the facts, never the turn. */
export class FactReader {
  readonly #d1: D1Database;
  readonly #agent: string;
  readonly #read = new Map<string, { at: number; facts: readonly string[] }>();

  constructor(d1: D1Database, agent: string) {
    this.#d1 = d1;
    this.#agent = agent;
  }

  /** @param now Unix milliseconds. */
  async read(user: string, now: number, log: Logger): Promise<readonly string[]> {
    const known = this.#read.get(user);
    if (known && now - known.at < FRESH_MS) return known.facts;
    try {
      const facts = await listFacts(drizzle(this.#d1), { agent: this.#agent, user });
      this.#read.set(user, { at: now, facts });
      return facts;
    } catch (error) {
      log.log("warn", "facts.unavailable", { cause: String(error) });
      return known?.facts ?? [];
    }
  }
}
