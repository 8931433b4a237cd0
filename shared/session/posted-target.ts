import type { Character } from "../character/schema.ts";
import { resolveEnvReferences, type SecretReader } from "../character/secrets.ts";
import type { DiscordWebhookTarget, ReplyTarget } from "./event.ts";

/** Where a job or a webhook posts, as `character.json` says. */
export interface PostedTo {
  webhook?: string | undefined;
  channelId?: string | undefined;
  thread?: string | undefined;
}

/** The sections of a character that may hold a webhook. */
type PostingSections = Pick<Character, "cron" | "webhooks" | "assignments">;

/** Where answers of agents go that name no other place. */
const DEFAULT_WEBHOOK = "DISCORD_WEBHOOK_URL";

/** The target of an answer that nobody waits for. `place`: where in the character this is written. */
export function postedTarget(
  { webhook, channelId, thread }: PostedTo,
  place: { cron: string } | { webhooks: string } | { section: "assignments" },
  secret: SecretReader,
): ReplyTarget {
  if (webhook) {
    const name = /^env:([A-Za-z_]\w*)$/.exec(webhook)?.[1];
    const url = name === undefined ? place : { secret: name };
    return { kind: "discord-webhook", url, ...(thread !== undefined && { threadId: thread }) };
  }
  const id = thread ?? channelId;
  if (id !== undefined) return { kind: "discord", channelId: id };
  if (secret(DEFAULT_WEBHOOK) === undefined) return { kind: "none" };
  return { kind: "discord-webhook", url: { secret: DEFAULT_WEBHOOK } };
}

/** The webhook's URL, or in words what is missing. The character may have changed since the target was stored. */
export function webhookUrl(
  { url }: DiscordWebhookTarget,
  character: PostingSections,
  secret: SecretReader,
): { url: string } | { missing: string } {
  const text = webhookText(url, character);
  if (!text) return { missing: "character.json names no webhook there any more" };
  const reading = resolveEnvReferences(text, secret);
  if ("missing" in reading) return { missing: `the secret ${reading.missing.join(", ")} is not set` };
  return { url: reading.value };
}

function webhookText(
  url: DiscordWebhookTarget["url"],
  { cron, webhooks, assignments }: PostingSections,
): string | undefined {
  if ("secret" in url) return `env:${url.secret}`;
  if ("section" in url) return assignments?.webhook;
  if ("webhooks" in url) return webhooks[url.webhooks]?.webhook;
  const job = cron.find(({ id }) => id === url.cron);
  return job && jobWebhook(job);
}

/** A job's webhook, by either of its names. */
export function jobWebhook(job: { webhook?: string | undefined; discordWebhookUrl?: string | undefined }) {
  return job.webhook || job.discordWebhookUrl || undefined;
}
