/**
 * The hub's storage of money: what is set aside, what is spent, what D1 has not got yet. Each method is one transaction.
 */
import { and, eq, gt, like, lt, type SQL, sql } from "drizzle-orm";
import type { LedgerRow } from "../../d1/usage.ts";
import type { Budget } from "../../shared/character/sections/budget.ts";
import { assumedPriceUsd } from "../../shared/llm/prices.ts";
import { utcDay, utcMonth } from "../../shared/time/utc-period.ts";
import { type CallId, costUsd, type FinishedCall } from "../../shared/usage/call.ts";
import { type Refusal, type Standing, standingRefusal } from "../../shared/usage/ceiling.ts";
import { fromNanoUsd, toNanoUsd } from "../../shared/usage/nano-usd.ts";
import type { Spent } from "../../shared/usage/spend.ts";
import type { HubDatabase } from "./database.ts";
import { type CallRow, calls, reservations, spending } from "./schema.ts";

/** What is set aside for a call, and for how long. */
export interface Reservation extends CallId {
  nanoUsd: number;
  /** Unix milliseconds. */
  leaseUntil: number;
}

export class Ledger {
  readonly #storage: DurableObjectStorage;
  readonly #db: HubDatabase;

  constructor(storage: DurableObjectStorage, db: HubDatabase) {
    this.#storage = storage;
    this.#db = db;
  }

  /**
   * Sets money aside for a call, unless a ceiling stands against it. A call that has its reservation keeps it, for a new
   * lease.
   *
   * @param now Unix milliseconds.
   * @returns the refusal, or `null`.
   */
  reserve(reservation: Reservation, budget: Budget, now: number): Refusal | null {
    return this.#storage.transactionSync(() => {
      const { nanoUsd, leaseUntil } = reservation;
      const held = this.#db.select().from(reservations).where(isCall(reservations, reservation)).get();
      if (held === undefined || held.leaseUntil <= now) {
        const refusal = standingRefusal(budget, this.#standing(now), now);
        if (refusal) return refusal;
      }
      this.#db
        .insert(reservations)
        .values(reservation)
        .onConflictDoUpdate({
          target: [reservations.turn, reservations.step, reservations.attempt],
          set: { nanoUsd, leaseUntil },
        })
        .run();
      return null;
    });
  }

  /** Gives back what was set aside for a call that was never made. */
  release(call: CallId): void {
    this.#db.delete(reservations).where(isCall(reservations, call)).run();
  }

  /**
   * Counts calls that are over, each once however often it is told, and gives back what was set aside for them.
   *
   * Where money was set aside, a call of unknown price counts too: at assumed rates, and at all that was set aside if not
   * even its tokens are known.
   */
  settle(finished: readonly FinishedCall[]): void {
    this.#storage.transactionSync(() => {
      for (const call of finished) this.#settleCall(call);
    });
  }

  #settleCall(call: FinishedCall): void {
    const { turn, step, attempt, conversation, provider, model, usage, at } = call;
    const usd = costUsd(call);
    const nanoUsd = usd === null ? null : toNanoUsd(usd);
    const isNew = this.#db
      .insert(calls)
      .values({
        turn,
        step,
        attempt,
        status: "settled",
        conversation,
        provider,
        model,
        nanoUsd,
        at,
        ...usage,
      })
      .onConflictDoNothing()
      .returning({ turn: calls.turn })
      .get();
    if (!isNew) return;
    const reserved = this.#db.delete(reservations).where(isCall(reservations, call)).returning().get();
    const assumed = nanoUsd !== null || !reserved ? 0 : assumedNanoUsd(call, reserved.nanoUsd);
    this.#count(utcDay(at), nanoUsd, assumed);
  }

  #count(day: string, nanoUsd: number | null, assumedNanoUsd: number): void {
    const row = {
      nanoUsd: nanoUsd ?? 0,
      assumedNanoUsd,
      calls: 1,
      unpricedCalls: nanoUsd === null ? 1 : 0,
    };
    this.#db
      .insert(spending)
      .values({ day, ...row })
      .onConflictDoUpdate({
        target: spending.day,
        set: {
          nanoUsd: sql`${spending.nanoUsd} + ${row.nanoUsd}`,
          assumedNanoUsd: sql`${spending.assumedNanoUsd} + ${row.assumedNanoUsd}`,
          calls: sql`${spending.calls} + ${row.calls}`,
          unpricedCalls: sql`${spending.unpricedCalls} + ${row.unpricedCalls}`,
        },
      })
      .run();
  }

  #standing(now: number): Standing {
    const reserved = this.#db
      .select({ sum: sql<number>`coalesce(sum(${reservations.nanoUsd}), 0)` })
      .from(reservations)
      .where(gt(reservations.leaseUntil, now))
      .get();
    return {
      day: this.#countedNanoUsd(utcDay(now)),
      month: this.#countedNanoUsd(`${utcMonth(now)}-%`),
      reserved: reserved?.sum ?? 0,
    };
  }

  #countedNanoUsd(days: string): number {
    const row = this.#db
      .select({ sum: sql<number>`coalesce(sum(${spending.nanoUsd} + ${spending.assumedNanoUsd}), 0)` })
      .from(spending)
      .where(like(spending.day, days))
      .get();
    return row?.sum ?? 0;
  }

  /** What was spent on the day and in the month of `now` (Unix milliseconds, UTC). */
  spent(now: number): { day: Spent; month: Spent } {
    return { day: this.#spentOn(utcDay(now)), month: this.#spentOn(`${utcMonth(now)}-%`) };
  }

  #spentOn(days: string): Spent {
    const rows = this.#db.select().from(spending).where(like(spending.day, days)).all();
    const sum = (of: (row: (typeof rows)[number]) => number) =>
      rows.reduce((total, row) => total + of(row), 0);
    return {
      usd: fromNanoUsd(sum((row) => row.nanoUsd + row.assumedNanoUsd)),
      assumedUsd: fromNanoUsd(sum((row) => row.assumedNanoUsd)),
      calls: sum((row) => row.calls),
      unpricedCalls: sum((row) => row.unpricedCalls),
    };
  }

  /** Calls that D1 has not got yet, oldest first. */
  unwritten(agent: string, limit: number): LedgerRow[] {
    const rows = this.#db
      .select()
      .from(calls)
      .where(eq(calls.status, "settled"))
      .orderBy(calls.at)
      .limit(limit)
      .all();
    return rows.map((row) => ledgerRow(agent, row));
  }

  /** D1 has got them. */
  markWritten(written: readonly CallId[]): void {
    this.#storage.transactionSync(() => {
      for (const call of written)
        this.#db.update(calls).set({ status: "written" }).where(isCall(calls, call)).run();
    });
  }

  /** Forgets the single calls of before `before` (Unix milliseconds) that D1 has got; what they cost stays counted. */
  forget(before: number): void {
    this.#db
      .delete(calls)
      .where(and(eq(calls.status, "written"), lt(calls.at, before)))
      .run();
    this.#db.delete(reservations).where(lt(reservations.leaseUntil, before)).run();
  }
}

function isCall(table: typeof calls | typeof reservations, { turn, step, attempt }: CallId): SQL | undefined {
  return and(eq(table.turn, turn), eq(table.step, step), eq(table.attempt, attempt));
}

function assumedNanoUsd({ model, usage }: FinishedCall, reserved: number): number {
  return usage === null ? reserved : toNanoUsd(assumedPriceUsd(model, usage));
}

function ledgerRow(agent: string, { status: _, nanoUsd, ...row }: CallRow): LedgerRow {
  return { agent, ...row, usd: nanoUsd === null ? null : fromNanoUsd(nanoUsd) };
}
