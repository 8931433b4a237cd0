/** Makes the event of a run: what the session is handed. */

import type { SecretReader } from "../../shared/character/secrets.ts";
import type { CronJob } from "../../shared/character/sections/cron.ts";
import { manualPrompt, scheduledPrompt } from "../../shared/cron/prompt.ts";
import { cronEventId } from "../../shared/cron/run.ts";
import type { Author } from "../../shared/session/event.ts";
import { jobWebhook, postedTarget } from "../../shared/session/posted-target.ts";
import type { NewRun, TimedJob } from "./store.ts";

const CLOCK: Author = { id: "cron", name: "Schedule" };
const HAND: Author = { id: "cron", name: "Operator" };

/** @param due in Unix milliseconds. */
export function scheduledRunId(job: string, due: number): string {
  return `${job}:${new Date(due).toISOString()}`;
}

/**
 * A run at its time. Runs of a job share a conversation, so that the agent knows what it said the last time; runs that may
 * be made side by side cannot.
 */
export function scheduledRun(job: TimedJob, due: number, secret: SecretReader): NewRun {
  const id = scheduledRunId(job.id, due);
  return {
    ...{ id, job: job.id, trigger: "schedule", scheduledAt: due },
    conversation: `cron:${job.concurrencyPolicy === "Allow" ? id : job.id}`,
    event: {
      ...{ id: cronEventId(id), author: CLOCK, text: scheduledPrompt(job, due) },
      ...{ target: targetOf(job, secret), mayBeQuiet: true },
    },
  };
}

/** A run by hand. */
export interface ManualRun {
  /** Chosen by whoever asks; asking again with the same one changes nothing. */
  id: string;
  /** Absent: the prompt belongs to no job, and its answer goes nowhere but to whoever asked. */
  job?: CronJob | undefined;
  prompt: string;
}

/** A run by hand has a conversation of its own, and stands in no other run's way. */
export function manualRun({ id, job, prompt }: ManualRun, secret: SecretReader, now: number): NewRun {
  const runId = `${job?.id ?? ""}:manual:${id}`;
  const event = { id: cronEventId(runId), author: HAND };
  return {
    ...{ id: runId, job: job?.id ?? null, trigger: "manual", scheduledAt: now },
    conversation: `cron:${runId}`,
    event: job
      ? { ...event, text: manualPrompt(prompt), target: targetOf(job, secret), mayBeQuiet: true }
      : { ...event, text: prompt, target: { kind: "none" } },
  };
}

function targetOf(job: CronJob, secret: SecretReader) {
  return postedTarget({ ...job, webhook: jobWebhook(job) }, { cron: job.id }, secret);
}
