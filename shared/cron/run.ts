/** Runs of jobs as their history tells them. */
import type { InboundEvent } from "../session/event.ts";

/** How a run stands. */
export const runStates = ["pending", "running", "succeeded", "failed", "cancelled", "replaced"] as const;

/** `replaced`: a later run took its place. `cancelled`: somebody stopped it. */
export type RunState = (typeof runStates)[number];

/** One run. Times are Unix milliseconds. */
export interface CronRun {
  id: string;
  /** `null`: a prompt by hand that belongs to no job. */
  job: string | null;
  trigger: "schedule" | "manual";
  /** When it was due; for a run by hand, when somebody asked for it. */
  scheduledAt: number;
  state: RunState;
  /** What the agent said; of a failed run, what it told the channel. */
  output: string | null;
  /** The agent had nothing to say, so nothing was posted. */
  quiet: boolean;
  /** US dollars; `null`: unknown. */
  costUsd: number | null;
  durationMs: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  /** The conversation it took place in, and its turn there. */
  conversation: string;
  turn: string | null;
}

/** Whether it is over. */
export function isOver({ state }: { state: RunState }): boolean {
  return state !== "pending" && state !== "running";
}

/** How many runs that are over a job keeps. */
export interface HistoryLimits {
  successfulJobsHistoryLimit: number;
  failedJobsHistoryLimit: number;
}

/** CronJob's defaults, which hold for prompts without a job too. */
export const DEFAULT_HISTORY: HistoryLimits = { successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 };

/**
 * Of the runs of one job, those to forget. Whatever is over and has not succeeded counts as failed.
 *
 * @param runs newest first.
 */
export function beyondHistory<T extends { state: RunState }>(
  runs: readonly T[],
  { successfulJobsHistoryLimit, failedJobsHistoryLimit }: HistoryLimits,
): T[] {
  const over = runs.filter(isOver);
  const hasSucceeded = ({ state }: T) => state === "succeeded";
  return [
    ...over.filter(hasSucceeded).slice(successfulJobsHistoryLimit),
    ...over.filter((run) => !hasSucceeded(run)).slice(failedJobsHistoryLimit),
  ];
}

/** Marks the event of a run, so that its session tells the schedule how it went. */
const EVENT_PREFIX = "cron:";

/** Identity of a run's event for ever. */
export function cronEventId(runId: string): string {
  return EVENT_PREFIX + runId;
}

/** The run's id, or `undefined` when the event is of no run. */
export function runIdOf({ id }: InboundEvent): string | undefined {
  return id.startsWith(EVENT_PREFIX) ? id.slice(EVENT_PREFIX.length) : undefined;
}
