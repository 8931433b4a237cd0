/** `cron`, `webhooks` and `heartbeat`: what happens without a person writing. */
import * as z from "zod";
import { discordId, someText, textWithReferences } from "./text.ts";

const cronJob = z.object({
  prompt: someText.describe("What the agent is asked on each run."),
  schedule: z.string().optional().describe('Five-field cron expression in UTC, such as "*/5 * * * *".'),
  channelId: discordId.optional().describe("Id (in quotes) of the channel the answer goes to."),
  discordWebhookUrl: textWithReferences
    .optional()
    .describe("Discord webhook the answer goes to. It is a secret: write `env:NAME`."),
});

/** Scheduled prompts: the original's single job, or a list of jobs; always a list once read. */
export const cronSection = z
  .union([cronJob, z.array(cronJob)], { error: "a job (an object with a prompt) or a list of jobs" })
  .transform((jobs) => (Array.isArray(jobs) ? jobs : [jobs]));

const webhook = z.object({
  secret: textWithReferences
    .optional()
    .describe("Signing secret as `env:NAME`. Without one every delivery is refused."),
});

/** Webhooks by source: `POST /webhook/<source>`. */
export const webhooksSection = z.record(z.string(), webhook);

/** A status ping for operators. Sent only when `url` and `agentId` are both set. */
export const heartbeatSection = z.object({
  url: textWithReferences.optional().describe("Where the status goes, or `env:NAME`."),
  intervalSeconds: z.number().min(1).default(60).describe("Seconds between two pings."),
  agentId: z.string().optional().describe("The agent's id at the receiver."),
});
