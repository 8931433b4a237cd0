/** `assignments`: issues that a conductor gives the agent to work on. */
import * as z from "zod";
import { postedTo } from "./posted-to.ts";

/** Where they come from. Addresses and tokens are settings, not part of the character. */
export const assignmentsSection = z.object({
  source: z
    .enum(["conductor", "redis"])
    .default("conductor")
    .describe(
      "conductor: the one at CONDUCTOR_BASE_URL, without that this Worker's own. redis: the original's streams, at UPSTASH_REDIS_REST_URL.",
    ),
  reclaimAfterSeconds: z
    .int()
    .min(60)
    .default(1800)
    .describe(
      "redis only: what another consumer has held for so long without a sign of life is taken from it. Longer than its longest work.",
    ),
  ...postedTo,
});

export type AssignmentsSection = z.infer<typeof assignmentsSection>;
