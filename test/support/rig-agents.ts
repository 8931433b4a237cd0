/** Agents that belong to a rig: those that tell how they are, and those that are assigned issues. */
import { secretNames } from "../../shared/character/secrets.ts";

/** One for each test that assigns something. */
const assigned = ["steady", "hanging", "failing", "reviving", "returning"].map((name) => `assigned-${name}`);

const plain = (name: string) => ({
  name,
  personality: "You work.",
  tools: [],
  llm: { provider: "anthropic" },
});

export const rigAgents = {
  pulse: {
    ...plain("Pulse"),
    llm: { provider: "anthropic", fallbackProviders: ["openai-api"] },
    discord: { channels: ["#rig"] },
    mcpServers: { files: { command: "files" } },
    webhooks: { deploys: { secret: "env:GITHUB_WEBHOOK_SECRET" } },
    heartbeat: { url: "env:TOOLS_URL", intervalSeconds: 30, agentId: "pulse-e" },
  },
  "pulse-at-home": { ...plain("At home"), heartbeat: {} },
  "pulse-unheard": {
    ...plain("Unheard"),
    heartbeat: { url: "env:TOOLS_URL/status/500", agentId: "unheard-e" },
  },
  ...Object.fromEntries(
    assigned.map((id) => [id, { ...plain(id), heartbeat: { intervalSeconds: 1 }, assignments: {} }]),
  ),
};

/** Bindings for vitest.config.ts. @param token of their Discord bot @param conductor where one of them has its conductor */
export function rigSecrets(token: string, conductor: string): Record<string, string> {
  const ids = Object.keys(rigAgents);
  return {
    ...Object.fromEntries(ids.map((id) => [secretNames(id, "ANTHROPIC_API_KEY")[0], "sk-ant-test"])),
    PULSE__DISCORD_BOT_TOKEN: token,
    PULSE__GITHUB_WEBHOOK_SECRET: "pulse-secret",
    PULSE__CONDUCTOR_TOKEN: "conductor-token",
    PULSE_UNHEARD__CONDUCTOR_TOKEN: "conductor-token",
    PULSE_UNHEARD__CONDUCTOR_BASE_URL: conductor,
    PULSE__GITHUB_TOKEN: "github-token",
  };
}
