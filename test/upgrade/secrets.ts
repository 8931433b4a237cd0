/** Settings of the Worker that a fixture was made with; nothing of them is in it. */
import { WEBHOOK_TOKEN } from "../support/discord/rest/webhooks.ts";

export const ADMIN_TOKEN = "upgrade-admin-token";
export const BRIDGE_SECRET = "upgrade-bridge-secret";
export const ALERT_SECRET = "upgrade-alert-secret";
/** The webhook that one job of the clock posts by. */
export const WEBHOOK_ID = "108851005828400001";

/** @param gate where everything is that the Worker calls. */
export function bindings(
  gate: string,
  discord: { token: string; publicKey: string },
): Record<string, string> {
  return {
    ...{ ADMIN_TOKEN, BRIDGE_SECRET, ALERT_SECRET },
    ANTHROPIC_API_KEY: "sk-ant-upgrade",
    ANTHROPIC_BASE_URL: `${gate}/model`,
    TOOLS_URL: `${gate}/tools`,
    DISCORD_API_BASE_URL: `${gate}/discord`,
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_PUBLIC_KEY: discord.publicKey,
    HOOK_URL: `${gate}/discord/webhooks/${WEBHOOK_ID}/${WEBHOOK_TOKEN}`,
  };
}
