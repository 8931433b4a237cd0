/** The schedule's storage. Each method is one transaction. */
import { and, asc, desc, eq, inArray, isNull, notInArray } from "drizzle-orm";
import type { CronJob } from "../../shared/character/sections/cron.ts";
import { type Decision, decide } from "../../shared/cron/due.ts";
import { beyondHistory, type CronRun, type HistoryLimits } from "../../shared/cron/run.ts";
import type { ScheduleDatabase } from "./database.ts";
import { type JobRow, jobs, type RunRow, runs } from "./schema.ts";

const MINUTE_MS = 60_000;

/** A job with a schedule. */
export type TimedJob = CronJob & { schedule: string };

/** A run to be made. */
export type NewRun = Pick<RunRow, "id" | "job" | "trigger" | "scheduledAt" | "event" | "conversation">;

/** How a run ended. */
export type RunEnd = Pick<
  RunRow,
  "state" | "turn" | "output" | "quiet" | "costUsd" | "startedAt" | "finishedAt"
>;

/** A tick, and when it came. Unix milliseconds. */
export interface Tick {
  scheduledTime: number;
  now: number;
}

export class ScheduleStore {
  readonly #storage: DurableObjectStorage;
  readonly #db: ScheduleDatabase;

  constructor(storage: DurableObjectStorage, db: ScheduleDatabase) {
    this.#storage = storage;
    this.#db = db;
  }

  /**
   * Decides what a tick means for every job, and stores the runs that are due: however often the tick comes, they are
   * stored once. A job that is seen for the first time, or with another schedule, begins with this tick's minute.
   */
  plan(
    timed: readonly TimedJob[],
    { scheduledTime, now }: Tick,
    runOf: (job: TimedJob, due: number) => NewRun,
  ): { job: string; decision: Decision }[] {
    return this.#storage.transactionSync(() => {
      this.keepJobs(timed.map(({ id }) => id));
      return timed.map((job) => {
        const { since } = this.#jobRow(job, scheduledTime - MINUTE_MS);
        const active = this.#activeRuns(job.id);
        const decision = decide(job, { since, active: active.length }, scheduledTime, now);
        if (decision.do === "run" || decision.do === "skip")
          this.#db.update(jobs).set({ since: decision.due }).where(eq(jobs.id, job.id)).run();
        if (decision.do === "run") {
          if (decision.replace) for (const run of active) this.#replace(run, now);
          this.add(runOf(job, decision.due));
        }
        return { job: job.id, decision };
      });
    });
  }

  #jobRow({ id, schedule, timezone }: TimedJob, since: number): JobRow {
    const known = this.#db.select().from(jobs).where(eq(jobs.id, id)).get();
    if (known?.schedule === schedule && known.timezone === timezone) return known;
    const row = { id, schedule, timezone, since: Math.max(since, known?.since ?? since) };
    const { id: _, ...set } = row;
    this.#db.insert(jobs).values(row).onConflictDoUpdate({ target: jobs.id, set }).run();
    return row;
  }

  /** Forgets jobs that are no more: one that comes back is new. */
  keepJobs(ids: readonly string[]): void {
    this.#db
      .delete(jobs)
      .where(notInArray(jobs.id, [...ids]))
      .run();
  }

  #activeRuns(job: string): RunRow[] {
    return this.#db
      .select()
      .from(runs)
      .where(and(eq(runs.job, job), eq(runs.trigger, "schedule"), isActive))
      .all();
  }

  #replace({ id, state }: RunRow, now: number): void {
    const set = { state: "replaced", finishedAt: now, stopping: state === "running" } as const;
    this.#db.update(runs).set(set).where(eq(runs.id, id)).run();
  }

  /** Stores a run once. @returns the one with this id. */
  add(run: NewRun): RunRow {
    this.#db
      .insert(runs)
      .values({ ...run, state: "pending" })
      .onConflictDoNothing({ target: runs.id })
      .run();
    const row = this.run(run.id);
    if (!row) throw new Error(`run ${run.id} was not stored`);
    return row;
  }

  /** Runs that are not over, oldest first. */
  active(): RunRow[] {
    return this.#db.select().from(runs).where(isActive).orderBy(asc(runs.seq)).all();
  }

  /** Runs that were replaced and whose sessions have to be told. */
  stopping(): RunRow[] {
    return this.#db.select().from(runs).where(eq(runs.stopping, true)).all();
  }

  stopped(id: string): void {
    this.#db.update(runs).set({ stopping: false }).where(eq(runs.id, id)).run();
  }

  /** Its session has it. A run that was replaced meanwhile has to be stopped there. */
  handedOver(id: string, turn: string): void {
    this.#storage.transactionSync(() => {
      const state = this.run(id)?.state;
      const set = state === "pending" ? { turn, state: "running" as const } : { turn };
      const stopping = state === "replaced" ? { stopping: true } : {};
      this.#db
        .update(runs)
        .set({ ...set, ...stopping })
        .where(eq(runs.id, id))
        .run();
    });
  }

  /** A run is over. @returns whether it was not before. */
  finish(id: string, end: RunEnd, limits: HistoryLimits): boolean {
    return this.#storage.transactionSync(() => {
      const row = this.#db
        .update(runs)
        .set(end)
        .where(and(eq(runs.id, id), isActive))
        .returning({ job: runs.job })
        .get();
      if (!row) return false;
      const forgotten = beyondHistory(this.#rows(row.job), limits).filter(({ stopping }) => !stopping);
      for (const { seq } of forgotten) this.#db.delete(runs).where(eq(runs.seq, seq)).run();
      return true;
    });
  }

  run(id: string): RunRow | undefined {
    return this.#db.select().from(runs).where(eq(runs.id, id)).get();
  }

  /** A job's runs, newest first; `null`: those of no job. */
  runs(job: string | null): CronRun[] {
    return this.#rows(job).map(viewRun);
  }

  #rows(job: string | null): RunRow[] {
    const isOfJob = job === null ? isNull(runs.job) : eq(runs.job, job);
    return this.#db.select().from(runs).where(isOfJob).orderBy(desc(runs.seq)).all();
  }

  /** Up to when each job's runs are decided, in Unix milliseconds. */
  jobs(): JobRow[] {
    return this.#db.select().from(jobs).all();
  }
}

const isActive = inArray(runs.state, ["pending", "running"]);

/** A run as its history tells it. */
export function viewRun(row: RunRow): CronRun {
  const { seq: _, event: __, stopping: ___, ...run } = row;
  const { startedAt, finishedAt } = run;
  const durationMs = startedAt === null || finishedAt === null ? null : finishedAt - startedAt;
  return { ...run, durationMs };
}
