/** The one row of a link: lease, Discord session, and when it began. */
import { getTableColumns, placeholder, sql } from "drizzle-orm";
import type { EventBatch, ResumeState, Shard } from "../../shared/bridge/protocol.ts";
import type { LinkDatabase } from "./database.ts";
import { type Lease, NO_LEASE } from "./lease.ts";
import { type LinkRow, link } from "./schema.ts";

const ROW_ID = 1;

/** The row in memory, written through: no other instance has it. */
export class LinkState {
  readonly #db: LinkDatabase;
  readonly #write: ReturnType<typeof prepareWrite>;
  #row: LinkRow | undefined;

  constructor(db: LinkDatabase) {
    this.#db = db;
    this.#write = prepareWrite(db);
  }

  get lease(): Lease {
    return this.#read()?.lease ?? NO_LEASE;
  }

  /** When the shard was first leased, in Unix milliseconds; `undefined` before. */
  get installedAt(): number | undefined {
    return this.#read()?.installedAt;
  }

  /** Into how many shards the agent's last session was divided; `null` before the first. */
  get shardCount(): number | null {
    return this.#read()?.shardCount ?? null;
  }

  /** `undefined` before Discord has told it. */
  get botUserId(): string | undefined {
    return this.#read()?.botUserId ?? undefined;
  }

  /** The first lease is also the installation. */
  setLease(lease: Lease, now: number): void {
    this.#change({ lease }, now);
  }

  setBotUserId(botUserId: string, now: number): void {
    if (botUserId !== this.botUserId) this.#change({ botUserId }, now);
  }

  /** Where a gateway goes on; a session belongs to one division into shards. */
  resumeFor([, count]: Shard): ResumeState | null {
    const row = this.#read();
    if (!row || row.shardCount !== count) return null;
    const { sessionId, resumeUrl, seq } = row;
    return sessionId === null || resumeUrl === null || seq === null ? null : { sessionId, resumeUrl, seq };
  }

  /**
   * Takes note of the session that a batch is from. A new one begins without a sequence, unless the batch is older than what
   * is known: then it was under way for long, or sent again, and changes nothing.
   */
  adoptSession(
    { session, shard }: Pick<EventBatch, "session" | "shard">,
    signedAt: number,
    now: number,
  ): void {
    const row = this.#read();
    const isKnown = row?.sessionId === session.id && row.shardCount === shard[1];
    if (isKnown || signedAt < (row?.sessionSignedAt ?? 0)) return;
    const begun = { sessionId: session.id, resumeUrl: session.resumeUrl, shardCount: shard[1] };
    this.#change({ ...begun, seq: null, sessionSignedAt: signedAt }, now);
  }

  /**
   * The current session counts from the beginning again: Discord has given its id to another. A batch that is older than what is
   * known changes nothing.
   *
   * @returns whether it does.
   */
  beginAnew(signedAt: number, now: number): boolean {
    if (signedAt < (this.#read()?.sessionSignedAt ?? 0)) return false;
    this.#change({ seq: null, sessionSignedAt: signedAt }, now);
    return true;
  }

  /** The last acknowledged sequence of a session; `null` when there is none, or it is not the current one. */
  acknowledged(sessionId: string): number | null {
    const row = this.#read();
    return row?.sessionId === sessionId ? row.seq : null;
  }

  /**
   * Takes note that the lease is renewed. It is written with the batch that renews it ({@link acknowledge}): who has no answer
   * to that batch does not count on the renewal either.
   */
  renewLease(lease: Lease): void {
    const row = this.#read();
    if (row) this.#row = { ...row, lease };
  }

  /** Moves the cursor, forward only. @param seq `null`: nothing new is stored. */
  acknowledge(sessionId: string, seq: number | null, now: number): void {
    const stored = this.acknowledged(sessionId);
    const isNews = seq !== null && this.#read()?.sessionId === sessionId && seq > (stored ?? -1);
    this.#change(isNews ? { seq } : {}, now);
  }

  #read(): LinkRow | undefined {
    this.#row ??= this.#db.select().from(link).get();
    return this.#row;
  }

  #change(change: Partial<LinkRow>, now: number): void {
    const row = { ...(this.#read() ?? firstRow(now)), ...change };
    this.#write.run(row);
    this.#row = row;
  }
}

/** One for each batch, so its SQL is built once. */
function prepareWrite(db: LinkDatabase) {
  const { id: _, ...rest } = getTableColumns(link);
  const values = Object.fromEntries(Object.keys(rest).map((name) => [name, placeholder(name)]));
  const set = Object.fromEntries(
    Object.entries(rest).map(([name, column]) => [name, sql.raw(`excluded.${column.name}`)]),
  );
  return db
    .insert(link)
    .values({ id: ROW_ID, ...values } as typeof link.$inferInsert)
    .onConflictDoUpdate({ target: link.id, set })
    .prepare();
}

function firstRow(now: number): LinkRow {
  return {
    id: ROW_ID,
    lease: NO_LEASE,
    installedAt: now,
    botUserId: null,
    shardCount: null,
    sessionId: null,
    resumeUrl: null,
    seq: null,
    sessionSignedAt: null,
  };
}
