/** The settings of the Worker that a person gives by name: in the shell, in .dev.vars, or as secrets of the deployment. */
import type { AgentRegistry } from "../shared/character/registry.ts";
import { referencedSecrets, secretNames } from "../shared/character/secrets.ts";

/** Names every deployment knows. Each may also stand as `<AGENT>__NAME`, for one agent alone. */
export const knownSettings = [
  "ADMIN_TOKEN",
  "AGENT_ID",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "BRIDGE_SECRET",
  "BRIDGE_SECRET_PREVIOUS",
  "CONDUCTOR_BASE_URL",
  "CONDUCTOR_COORDINATOR",
  "CONDUCTOR_OPEN",
  "CONDUCTOR_TOKEN",
  "DISCORD_API_BASE_URL",
  "DISCORD_APPLICATION_ID",
  "DISCORD_BOT_TOKEN",
  "DISCORD_PUBLIC_KEY",
  "DISCORD_WEBHOOK_URL",
  "GITHUB_TOKEN",
  "GITHUB_WEBHOOK_SECRET",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "RIG_LOG_LEVEL",
  "UPSTASH_REDIS_REST_TOKEN",
  "UPSTASH_REDIS_REST_URL",
] as const;

/** Values by name. */
export type Settings = Record<string, string>;

/**
 * Picks from a process' environment what the Worker may read: the known names and those the characters refer to with
 * `env:NAME`, shared or of one agent. Empty text counts as not set.
 */
export function settingsFrom(
  environment: Readonly<Record<string, string | undefined>>,
  agents: AgentRegistry,
): Settings {
  const picked: Settings = {};
  for (const id of agents.ids) {
    const character = agents.get(id)?.character;
    const names = [...knownSettings, ...(character === undefined ? [] : referencedSecrets(character))];
    for (const variable of names.flatMap((name) => secretNames(id, name))) {
      const value = environment[variable];
      if (value !== undefined && value !== "") picked[variable] = value;
    }
  }
  return picked;
}
