import { eq } from "drizzle-orm";
import type { SessionDatabase } from "../../database.ts";
import type { Part } from "../part.ts";
import { type JobKind, jobs } from "./schema.ts";

/** A job, and when it was planned for, in Unix milliseconds. */
interface PlannedJob {
  kind: JobKind;
  runAt: number;
}

/**
 * The object's one alarm, shared by several jobs: each kind of job has at most one time, and the alarm is set to the
 * earliest.
 *
 * A job's row and the alarm are a write each. What is put off ({@link JobTable.putOff}) is put off by the alarm alone: the row
 * keeps its first time, and an instance that knows no better does the job at the next ring.
 */
export class JobTable {
  readonly #storage: DurableObjectStorage;
  readonly #db: SessionDatabase;
  readonly #planned: ReturnType<typeof preparePlanned>;
  /** Until when this instance has put off a job whose row has an earlier time. */
  readonly #putOff = new Map<JobKind, number>();
  /** Where this instance has set the alarm; `null`: nowhere. `undefined` until it has: an earlier one may have set it. */
  #alarmAt: number | null | undefined;
  #isClosed = false;

  constructor(storage: DurableObjectStorage, db: SessionDatabase) {
    this.#storage = storage;
    this.#db = db;
    this.#planned = preparePlanned(db);
  }

  /** Plans a job, in place of an earlier plan of the same kind. `runAt`: Unix milliseconds. */
  schedule(kind: JobKind, runAt: number): void {
    this.#db
      .insert(jobs)
      .values({ kind, runAt })
      .onConflictDoUpdate({ target: jobs.kind, set: { runAt } })
      .run();
    this.#putOff.delete(kind);
    this.#rearm();
  }

  /** Plans a job unless one of its kind is planned already. */
  scheduleOnce(kind: JobKind, runAt: number): void {
    if (!this.#jobOf(kind)) this.schedule(kind, runAt);
  }

  /** Sees to it that a job is done at `runAt` or before. It costs nothing where that is so. */
  scheduleBy(kind: JobKind, runAt: number): void {
    const planned = this.#jobOf(kind);
    if (!planned || planned.runAt > runAt) this.schedule(kind, runAt);
    else if (this.#alarmAt === undefined || this.#timeOf(planned) > runAt) this.putOff(kind, runAt);
  }

  /** Puts off a planned job whose time has come, or for which another time was found before. `until`: Unix milliseconds. */
  putOff(kind: JobKind, until: number): void {
    this.#putOff.set(kind, until);
    this.#rearm();
  }

  /** The first time for which a job of this kind was planned, as long as it is only put off, in Unix milliseconds. */
  plannedAt(kind: JobKind): number | undefined {
    return this.#jobOf(kind)?.runAt;
  }

  unschedule(kind: JobKind): void {
    this.#db.delete(jobs).where(eq(jobs.kind, kind)).run();
    this.#putOff.delete(kind);
    this.#rearm();
  }

  /**
   * Does what is due; an alarm handler is this call. Jobs stay planned until they are scheduled anew, put off or unscheduled: a
   * handler that dies runs again.
   *
   * @param parts those that have jobs, in the order in which they are asked.
   */
  async run(parts: readonly Part[], now: number): Promise<void> {
    // The alarm that has rung is no longer set.
    this.#alarmAt = null;
    const due = this.#planned.all().filter((job) => this.#timeOf(job) <= now);
    for (const { kind } of due) for (const part of parts) await part.jobs?.[kind]?.(now);
    if (!this.#isClosed) this.#rearm();
  }

  /** The object is about to be erased: nothing is planned any more. */
  close(): void {
    this.#isClosed = true;
  }

  #jobOf(kind: JobKind): PlannedJob | undefined {
    return this.#planned.all().find((job) => job.kind === kind);
  }

  #timeOf({ kind, runAt }: PlannedJob): number {
    return Math.max(runAt, this.#putOff.get(kind) ?? 0);
  }

  /** Sets the alarm to the earliest job. Writes to storage are ordered, so nothing has to wait for this one. */
  #rearm(): void {
    const times = this.#planned.all().map((job) => this.#timeOf(job));
    const next = times.length === 0 ? null : Math.min(...times);
    if (next === this.#alarmAt) return;
    this.#alarmAt = next;
    void (next === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(next));
  }
}

function preparePlanned(db: SessionDatabase) {
  return db.select({ kind: jobs.kind, runAt: jobs.runAt }).from(jobs).prepare();
}
