/** `webhooks` and `heartbeat`: what happens without a person writing. `cron` has a file of its own. */
import * as z from "zod";
import { postedTo } from "./posted-to.ts";
import { textWithReferences } from "./text.ts";

const names = z.array(z.string().min(1)).default([]);

const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: "the name of an HTTP header" });

const webhook = z.object({
  secret: textWithReferences
    .optional()
    .describe("Signing secret as `env:NAME`. Without one every delivery is refused."),
  insecure: z
    .boolean()
    .default(false)
    .describe("Takes deliveries that nobody has signed, from everybody. Only where there is no secret."),
  signatureHeader: headerName
    .default("X-Hub-Signature-256")
    .describe("Header with the HMAC-SHA256 of the body, in hexadecimal."),
  signaturePrefix: z.string().default("sha256=").describe("What stands in that header before the HMAC."),
  idHeader: headerName
    .optional()
    .describe(
      "Header that names a delivery, so that it counts once. Without one (GitHub has its own) equal bodies are one delivery.",
    ),
  promptTemplate: z
    .string()
    .min(1)
    .optional()
    .describe("What the agent is asked, with `{{path.to.field}}` of the body. Default: what happened."),
  events: names.describe("The only events that count, such as `issues` or `issues.opened`. Empty: all."),
  actions: names.describe("The only actions that count, such as `opened`. Empty: all."),
  repos: names.describe("The only repositories that count, `owner/name` or `owner/*`. Empty: all."),
  ignoreSenders: names.describe("Logins whose deliveries are left alone, such as the agent's own."),
  ...postedTo,
});

/** Webhooks by source: `POST /agents/<agent>/webhook/<source>`. */
export const webhooksSection = z.record(z.string(), webhook);

/** One source, as read. */
export type WebhookSource = z.infer<typeof webhook>;

/** A status ping for operators. */
export const heartbeatSection = z.object({
  url: textWithReferences
    .optional()
    .describe(
      "Where the status goes, or `env:NAME`; without a path to `/api/events` there. Default: CONDUCTOR_BASE_URL, without that this Worker's own conductor.",
    ),
  intervalSeconds: z.number().min(1).default(60).describe("Seconds between two pings."),
  agentId: z
    .string()
    .optional()
    .describe("The agent's id at the receiver; AGENT_ID says so too. Default: its id here."),
});
