/** Assignments from the original's Redis streams: group `agents` of `assignments:<agentId>`. */
import type { Redis } from "@upstash/redis/cloudflare";
import * as z from "zod";
import type { Assignment } from "../../../shared/assignment/assignment.ts";
import { readEntry, type StreamEntry } from "../../../shared/assignment/redis-entry.ts";
import type { AssignmentSource, Claimed, WorkEnd } from "./source.ts";

const GROUP = "agents";

export interface RedisSourceOptions {
  redis: Redis;
  /** The agent's id in its rig, which names its stream. */
  agentId: string;
  /** Who we are in the group. Not the agent's id: the original's consumer has that name, and its entries are its own. */
  consumer: string;
  /** How long an entry lies idle before its consumer is taken for dead, in milliseconds. */
  reclaimAfterMs: number;
  /** Is told that work begins and ends, where there is one. */
  reports: Pick<AssignmentSource, "begin" | "finish"> | null;
}

const entrySchema = z.tuple([z.string(), z.array(z.string()).nullable()]);
/** Of one stream: `null` when there is nothing. */
const readAnswer = z.array(z.tuple([z.string(), z.array(entrySchema)])).nullable();
const claimAnswer = z.tuple([z.string(), z.array(entrySchema.nullable())]).rest(z.unknown());

/**
 * An entry stays pending in the group until its work is over, so whoever dies leaves it to be taken over. What is pending
 * for us comes first, then what dead consumers have left, then what is new.
 */
export class RedisSource implements AssignmentSource {
  readonly #options: RedisSourceOptions;
  readonly #stream: string;
  #isGroupThere = false;

  constructor(options: RedisSourceOptions) {
    this.#options = options;
    this.#stream = `assignments:${options.agentId}`;
  }

  async next(): Promise<Assignment | null> {
    const entry = await this.#claim();
    if (!entry) return null;
    // It wakes a worker that sleeps; this one has found the work.
    await this.#options.redis.del(`signal:${this.#options.agentId}`);
    return readEntry(entry);
  }

  /** The group has given it to us already, so a conductor that speaks against it is not asked. */
  async begin(claimed: Claimed): Promise<null> {
    await this.#options.reports?.begin(claimed);
    return null;
  }

  /** A claim of its own entry begins its idle time anew: that is the sign of life. */
  async keep({ assignment: { round } }: Claimed): Promise<void> {
    const { redis, consumer } = this.#options;
    await redis.xclaim(this.#stream, GROUP, consumer, 0, round, { justId: true });
  }

  async finish(claimed: Claimed, end: WorkEnd): Promise<void> {
    await this.#options.reports?.finish(claimed, end);
    await this.#acknowledge(claimed.assignment.round);
  }

  async #claim(): Promise<StreamEntry | null> {
    await this.#makeGroup();
    try {
      return (await this.#read("0")) ?? (await this.#reclaim()) ?? (await this.#read(">"));
    } catch (error) {
      // The stream was deleted, and the group with it.
      if (String(error).includes("NOGROUP")) this.#isGroupThere = false;
      throw error;
    }
  }

  async #makeGroup(): Promise<void> {
    if (this.#isGroupThere) return;
    try {
      const options = { type: "CREATE", group: GROUP, id: "0", options: { MKSTREAM: true } } as const;
      await this.#options.redis.xgroup(this.#stream, options);
    } catch (error) {
      if (!String(error).includes("BUSYGROUP")) throw error;
    }
    this.#isGroupThere = true;
  }

  /** `from`: `0` for the oldest entry that is pending for us, `>` for one that nobody has got yet. */
  async #read(from: "0" | ">"): Promise<StreamEntry | null> {
    const { redis, consumer } = this.#options;
    for (;;) {
      const answer = readAnswer.parse(
        await redis.xreadgroup(GROUP, consumer, this.#stream, from, { count: 1 }),
      );
      const [id, fields] = answer?.[0]?.[1][0] ?? [];
      if (id === undefined) return null;
      if (fields) return { id, fields: pairs(fields) };
      // Deleted from the stream while it was pending: nobody can work on it any more.
      await this.#acknowledge(id);
    }
  }

  async #reclaim(): Promise<StreamEntry | null> {
    const { redis, consumer, reclaimAfterMs } = this.#options;
    for (let cursor = "0-0"; ; ) {
      const answer = await redis.xautoclaim(this.#stream, GROUP, consumer, reclaimAfterMs, cursor, {
        count: 1,
      });
      const [next, [entry]] = claimAnswer.parse(answer);
      if (entry?.[1]) return { id: entry[0], fields: pairs(entry[1]) };
      // Entries that lie idle for less are passed over, some at a time.
      if (next === "0-0") return null;
      cursor = next;
    }
  }

  async #acknowledge(id: string): Promise<void> {
    await this.#options.redis.xack(this.#stream, GROUP, id);
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""]] : []));
}
