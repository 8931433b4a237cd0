import { asc, eq, lte, placeholder } from "drizzle-orm";
import type { SessionDatabase } from "../../database.ts";
import type { Part } from "../part.ts";
import { type JobKind, jobs } from "./schema.ts";

/**
 * The object's one alarm, shared by several jobs: each kind of job has at most one time, and the alarm is set to the
 * earliest.
 */
export class JobTable {
  readonly #storage: DurableObjectStorage;
  readonly #db: SessionDatabase;
  /** Asked at the start and at the end of each turn. */
  readonly #isScheduled: ReturnType<typeof prepareIsScheduled>;
  #isClosed = false;

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    this.#storage = storage;
    this.#db = db;
    this.#isScheduled = prepareIsScheduled(db);
  }

  /** Plans a job, in place of an earlier plan of the same kind. `runAt`: Unix milliseconds. */
  schedule(kind: JobKind, runAt: number): void {
    this.#db
      .insert(jobs)
      .values({ kind, runAt })
      .onConflictDoUpdate({ target: jobs.kind, set: { runAt } })
      .run();
    this.#rearm();
  }

  /** Plans a job unless one of its kind is planned already. */
  scheduleOnce(kind: JobKind, runAt: number): void {
    if (!this.#isScheduled.get({ kind })) this.schedule(kind, runAt);
  }

  unschedule(kind: JobKind): void {
    this.#db.delete(jobs).where(eq(jobs.kind, kind)).run();
    this.#rearm();
  }

  /**
   * Does what is due; an alarm handler is this call. Jobs stay planned until they are scheduled anew or unscheduled: a handler
   * that dies runs again.
   *
   * @param parts those that have jobs, in the order in which they are asked.
   */
  async run(parts: readonly Part[], now: number): Promise<void> {
    const due = this.#db.select({ kind: jobs.kind }).from(jobs).where(lte(jobs.runAt, now)).all();
    for (const { kind } of due) for (const part of parts) await part.jobs?.[kind]?.(now);
    if (!this.#isClosed) this.#rearm();
  }

  /** The object is about to be erased: nothing is planned any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Sets the alarm to the earliest job. Writes to storage are ordered, so nothing has to wait for this one. */
  #rearm(): void {
    const next = this.#db.select({ runAt: jobs.runAt }).from(jobs).orderBy(asc(jobs.runAt)).get();
    void (next ? this.#storage.setAlarm(next.runAt) : this.#storage.deleteAlarm());
  }
}

function prepareIsScheduled(db: SessionDatabase) {
  return db
    .select({ kind: jobs.kind })
    .from(jobs)
    .where(eq(jobs.kind, placeholder("kind")))
    .prepare();
}
