/** Decides what a job does at a tick: CronJob's rules, as a pure function of what is stored. */
import { lastTime, type Schedule } from "./schedule.ts";

/** What happens when a run is due and the one before it is not over. */
export const concurrencyPolicies = ["Forbid", "Allow", "Replace"] as const;

/** The part of a job that decides when it runs. */
export interface ScheduledJob extends Schedule {
  concurrencyPolicy: (typeof concurrencyPolicies)[number];
  /** A run that is later than this is not made; absent: however late. */
  startingDeadlineSeconds?: number | undefined;
  /** Nothing is run; what is missed meanwhile counts as missed. */
  suspend: boolean;
}

/** What is stored of it. Times are Unix milliseconds. */
export interface JobState {
  /** What was due up to here, itself included, is decided. */
  since: number;
  /** Scheduled runs that are not over. */
  active: number;
}

/** What to do. `due`: the scheduled time it is about, from which on {@link JobState.since} counts. */
export type Decision =
  | { do: "nothing" }
  /** One is due, and the one before it is not over: asked again at the next tick. */
  | { do: "wait"; due: number }
  /** Missed for longer than the deadline. */
  | { do: "skip"; due: number; lateMs: number }
  | { do: "run"; due: number; replace: boolean };

/**
 * Decides what is due. Of several times that were missed only the most recent one counts, and each once: whatever time a
 * tick carries, nothing up to `since` runs again.
 *
 * @param tick what the trigger says it stands for. Triggers come twice, late, or out of order.
 * @param now what the clock says, by which lateness is measured; never before `tick`.
 */
export function decide(job: ScheduledJob, { since, active }: JobState, tick: number, now: number): Decision {
  if (job.suspend) return { do: "nothing" };
  const due = lastTime(job, tick);
  if (due === undefined || due <= since) return { do: "nothing" };
  const lateMs = now - due;
  const { startingDeadlineSeconds: deadline } = job;
  if (deadline !== undefined && lateMs > deadline * 1_000) return { do: "skip", due, lateMs };
  if (active === 0) return { do: "run", due, replace: false };
  switch (job.concurrencyPolicy) {
    case "Allow":
      return { do: "run", due, replace: false };
    case "Replace":
      return { do: "run", due, replace: true };
    case "Forbid":
      return { do: "wait", due };
    default:
      return job.concurrencyPolicy satisfies never;
  }
}
