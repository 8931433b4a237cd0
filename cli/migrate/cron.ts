/** What a CronJob of the original chart becomes: the `cron` section of the character. */
import { isRecord } from "../../shared/gateway/payload.ts";
import { renamed } from "./fields.ts";
import type { Leftover } from "./migrated-agent.ts";
import type { OldCronJob } from "./old-values.ts";
import type { JsonObject } from "./values-file.ts";

/** The section, and what there is to say about it. */
export interface CronSection {
  /** `undefined`: the character has none. */
  section: unknown;
  leftovers: Leftover[];
  remarks: string[];
}

/** Fields of the CronJob that mean the same in the character, with the names they have there. */
const carried = {
  schedule: "schedule",
  timeZone: "timezone",
  concurrencyPolicy: "concurrencyPolicy",
  startingDeadlineSeconds: "startingDeadlineSeconds",
  successfulJobsHistoryLimit: "successfulJobsHistoryLimit",
  failedJobsHistoryLimit: "failedJobsHistoryLimit",
  suspend: "suspend",
} as const satisfies Partial<Record<keyof OldCronJob, string>>;

/**
 * Puts the chart's CronJob and the character's prompt together. A job that had no CronJob has never run on a schedule, and
 * is suspended here: moving an agent must not make it spend unasked.
 *
 * @param job `cron` of the values.
 * @param section `cron` of the character.
 */
export function cronSection(job: OldCronJob | undefined, section: unknown): CronSection {
  const leftovers = jobLeftovers(job);
  if (Array.isArray(section)) {
    const remarks = job?.enabled
      ? ["cron: the character has a list of jobs; cron of the values was for none of them and is left out"]
      : [];
    return { section, leftovers, remarks };
  }
  const own = isRecord(section) ? section : undefined;
  if (job?.enabled) return enabled(job, own, leftovers);
  if (own === undefined) return { section, leftovers, remarks: [] };
  if (own.schedule === undefined) return { section: own, leftovers, remarks: [] };
  const remark =
    "cron.suspend: true, for the chart made no CronJob (cron.enabled); take it away to run the job";
  return { section: { ...own, suspend: true }, leftovers, remarks: [remark] };
}

function enabled(job: OldCronJob, own: JsonObject | undefined, leftovers: Leftover[]): CronSection {
  const fromJob = renamed(job, carried);
  if (typeof own?.prompt === "string") return { section: { ...own, ...fromJob }, leftovers, remarks: [] };
  const fragment = JSON.stringify({ ...fromJob, prompt: "…" });
  const remark = `cron: the values name no character.cron.prompt, so there is nothing to run; add "cron": ${fragment}`;
  return { section: undefined, leftovers, remarks: [remark] };
}

function jobLeftovers(job: OldCronJob | undefined): Leftover[] {
  return Object.keys(job ?? {})
    .filter((name) => name !== "enabled" && !Object.hasOwn(carried, name))
    .map((name) => ({ path: `cron.${name}`, reason: "a run is a turn of the Worker: it has no pod" }));
}
