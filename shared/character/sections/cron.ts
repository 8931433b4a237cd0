/** `cron`: scheduled prompts. */
import * as z from "zod";
import { concurrencyPolicies } from "../../cron/due.ts";
import { isSchedule, isTimezone, scheduleExpectation, timezoneExpectation } from "../../cron/schedule.ts";
import { postedTo } from "./posted-to.ts";
import { someText, textWithReferences } from "./text.ts";

const historyLimit = z.int().min(0).max(100);

const cronJob = z.object({
  id: z
    .string()
    .regex(/^[\w-]{1,64}$/, { error: "1 to 64 letters, digits, - or _" })
    .optional()
    .describe(
      "Names the job and its history. Default: `default` for a single job, `job-1`, `job-2` … in a list.",
    ),
  prompt: someText.describe("What the agent is asked on each run."),
  schedule: z
    .string()
    .refine(isSchedule, { error: scheduleExpectation })
    .optional()
    .describe(
      'Cron expression of five fields, such as "*/5 * * * *". Without one the job runs by hand only.',
    ),
  timezone: z
    .string()
    .refine(isTimezone, { error: timezoneExpectation })
    .default("UTC")
    .describe("IANA time zone of the schedule."),
  ...postedTo,
  discordWebhookUrl: textWithReferences.optional().describe("Another name for `webhook`."),
  concurrencyPolicy: z
    .enum(concurrencyPolicies)
    .default("Forbid")
    .describe(
      "When a run is due and the one before it is not over: Forbid waits for it, Allow runs beside it in a conversation of its own, Replace stops it.",
    ),
  startingDeadlineSeconds: z
    .number()
    .min(10)
    .optional()
    .describe(
      "A missed run that is later than this is skipped. Default: however late, the last one is made up for.",
    ),
  successfulJobsHistoryLimit: historyLimit
    .default(3)
    .describe("Runs that succeeded, of which the history tells."),
  failedJobsHistoryLimit: historyLimit.default(1).describe("Runs that did not, of which the history tells."),
  suspend: z.boolean().default(false).describe("Runs by hand only, until it is taken back."),
});

/** One job, as read. */
export type CronJob = z.infer<typeof cronJob> & { id: string };

/** Scheduled prompts: the original's single job, or a list of jobs; always a list once read. */
export const cronSection = z
  .union([cronJob, z.array(cronJob)], { error: "a job (an object with a prompt) or a list of jobs" })
  .transform((jobs): CronJob[] =>
    Array.isArray(jobs) ? jobs.map((job, index) => named(job, `job-${index + 1}`)) : [named(jobs, "default")],
  )
  .superRefine((jobs, context) => {
    for (const [index, { id }] of jobs.entries()) {
      if (jobs.findIndex((job) => job.id === id) === index) continue;
      context.addIssue({ code: "custom", path: [index, "id"], message: "an id that no job before it has" });
    }
  });

function named(job: z.infer<typeof cronJob>, id: string): CronJob {
  return { ...job, id: job.id ?? id };
}
