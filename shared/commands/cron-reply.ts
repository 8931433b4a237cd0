import type { CronRun } from "../cron/run.ts";
import { inCode } from "../discord/in-code.ts";

/** A job as its schedule tells of it; times are Unix milliseconds. */
export interface JobGlance {
  id: string;
  /** `null`: it runs by hand only. */
  schedule: string | null;
  timezone: string;
  suspend: boolean;
  nextRunAt: number | null;
  /** Newest first. */
  runs: readonly Pick<CronRun, "state" | "scheduledAt">[];
}

/** What `/cron list` says. @param now Unix milliseconds. */
export function cronReply(jobs: readonly JobGlance[], now: number): string {
  if (jobs.length === 0) return "There are no scheduled prompts.";
  return ["**Scheduled prompts**", ...jobs.map((job) => jobLine(job, now))].join("\n");
}

function jobLine({ id, schedule, timezone, suspend, nextRunAt, runs }: JobGlance, now: number): string {
  const [last] = runs;
  const parts = [
    schedule === null ? "by hand" : `${inCode(schedule)} ${timezone}`,
    ...(suspend ? ["suspended"] : []),
    ...(nextRunAt === null ? [] : [`next ${inWords(nextRunAt - now)}`]),
    ...(last ? [`last ${last.state}`] : []),
  ];
  return `- ${inCode(id)} ${parts.join(" · ")}`;
}

function inWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 90) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `in ${hours} h` : `in ${Math.round(hours / 24)} days`;
}
