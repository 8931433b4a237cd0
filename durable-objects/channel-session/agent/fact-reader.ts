import { drizzle } from "drizzle-orm/d1";
import { describeD1Failure } from "../../../d1/failure.ts";
import { listFacts, MAX_FACTS_READ } from "../../../d1/memory/facts.ts";
import type { Character } from "../../../shared/character/schema.ts";
import type { Logger } from "../../../shared/log.ts";
import type { Fact } from "../../../shared/memory/fact.ts";
import { factsSince } from "../../../shared/memory/retention.ts";
import { withDeadline } from "../../../shared/time/deadline.ts";

/**
 * How long facts that were read are good for, in milliseconds: a conversation in full swing reads D1 twice a minute. What
 * another conversation learns or forgets is known here after that.
 */
const FRESH_MS = 30_000;

/** How long a turn waits for the facts, in milliseconds. */
const TIMEOUT_MS = 2_000;

/** Reads what is known about the people in a conversation. D1 may fail: that costs the facts, never the turn. */
export class FactReader {
  readonly #d1: D1Database;
  readonly #agent: string;
  readonly #read = new Map<string, { at: number; facts: readonly Fact[] }>();
  /** Counts {@link drop}: what was asked for before one may be old when it comes. */
  #drops = 0;

  constructor(d1: D1Database, agent: string) {
    this.#d1 = d1;
    this.#agent = agent;
  }

  /** The facts told last, oldest of them first. `now`: Unix milliseconds. */
  async read(
    user: string,
    { now, settings }: { now: number; settings: Character["memory"] },
    log: Logger,
  ): Promise<readonly string[]> {
    const since = factsSince(settings, now);
    const facts = await this.#fresh(user, now, since, log);
    return facts.flatMap(({ fact, lastSeenAt }) => (lastSeenAt >= since ? [fact] : [])).reverse();
  }

  /** Forgets what was read about a user, because it has changed. */
  drop(user: string): void {
    this.#drops += 1;
    this.#read.delete(user);
  }

  async #fresh(user: string, now: number, since: number, log: Logger): Promise<readonly Fact[]> {
    const known = this.#read.get(user);
    if (known && now - known.at < FRESH_MS) return known.facts;
    const drops = this.#drops;
    try {
      const reading = listFacts(
        drizzle(this.#d1),
        { agent: this.#agent, user },
        { since, limit: MAX_FACTS_READ },
      );
      const facts = await withDeadline(reading, TIMEOUT_MS);
      if (drops === this.#drops) this.#read.set(user, { at: now, facts });
      return facts;
    } catch (error) {
      log.log("warn", "facts.unavailable", { cause: describeD1Failure(error) });
      return known?.facts ?? [];
    }
  }
}
