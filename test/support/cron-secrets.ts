/** Secrets of the agents that cron.test.ts ticks: a model's key, and a Discord webhook of its own for each. */
import { secretNames } from "../../shared/character/secrets.ts";
import { WEBHOOK_TOKEN } from "./discord/rest/webhooks.ts";

const agents = [
  ...["cron-once", "cron-limits", "cron-deadline", "cron-forbid", "cron-allow", "cron-replace", "cron-quiet"],
  ...["cron-webhook", "cron-thread", "cron-trouble", "cron-killed", "cron-gone", "cron-unset", "cron-crash"],
  ...["cron-failed", "cron-by-hand", "cron-elsewhere"],
] as const;

/** Id of an agent's webhook in the fake Discord. */
export function webhookId(agent: (typeof agents)[number]): string {
  return String(108851005828400000n + BigInt(agents.indexOf(agent)));
}

/** Bindings for vitest.config.ts. @param api where the fake Discord with the webhooks is */
export function cronSecrets(api: string): Record<string, string> {
  return Object.fromEntries(
    agents.flatMap((agent) => {
      const token = agent === "cron-gone" ? "gone-webhook-token" : WEBHOOK_TOKEN;
      // One agent names no webhook, and gets the one that all would.
      const hook = agent === "cron-trouble" ? "DISCORD_WEBHOOK_URL" : "HOOK_URL";
      return [
        [secretNames(agent, "ANTHROPIC_API_KEY")[0], "sk-ant-test"],
        [secretNames(agent, hook)[0], `${api}/webhooks/${webhookId(agent)}/${token}`],
      ];
    }),
  );
}
