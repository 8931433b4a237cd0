/** Where answers go that nobody waits for; fields that jobs and webhooks share. */
import { discordId, textWithReferences } from "./text.ts";

/** Of several the first one counts, in the order: `webhook`, `thread`, `channelId`. */
export const postedTo = {
  webhook: textWithReferences
    .min(1)
    .optional()
    .describe(
      "Discord webhook the answer goes to. It is a secret: write `env:NAME`. Where no target is given: DISCORD_WEBHOOK_URL.",
    ),
  channelId: discordId.optional().describe("Id (in quotes) of the channel the answer goes to."),
  thread: discordId
    .optional()
    .describe("Id (in quotes) of the thread the answer goes to; with `webhook`, one of its channel."),
};
