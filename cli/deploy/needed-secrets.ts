/** Which secrets a deployment wants, read off its characters. */

import { llmFor } from "../../shared/character/llm.ts";
import type { AgentRegistry } from "../../shared/character/registry.ts";
import type { Character } from "../../shared/character/schema.ts";
import { referencedSecrets, secretNames } from "../../shared/character/secrets.ts";
import { discordSettings } from "../../shared/discord/settings.ts";
import type { ProviderName } from "../../shared/llm/provider.ts";
import { jobWebhook, type PostedTo } from "../../shared/session/posted-target.ts";

/** One secret. It is there when any of its variables is set. */
export interface NeededSecret {
  /** The variable to ask for. */
  name: string;
  /** Every variable that would do, `name` among them. */
  variables: readonly string[];
  /** What it is for, as the end of a sentence. */
  purpose: string;
  /** The deployment works without it, if less well. */
  optional: boolean;
}

const keyNames: Partial<Record<ProviderName, string>> = {
  anthropic: "ANTHROPIC_API_KEY",
  "openai-api": "OPENAI_API_KEY",
};

/** The secrets of a deployment, required ones first, each with everything that it is for. */
export function neededSecrets(agents: AgentRegistry): NeededSecret[] {
  const needed: NeededSecret[] = [
    { name: "ADMIN_TOKEN", variables: ["ADMIN_TOKEN"], purpose: "signing in", optional: false },
  ];
  for (const id of agents.ids) {
    const character = agents.get(id)?.character;
    if (character === undefined) continue;
    const { provider, model } = character.llm;
    const key = keyNames[llmFor(character).provider];
    if (key !== undefined) {
      const optional = provider === undefined && model === undefined;
      const purpose = optional
        ? `real answers of ${id} (the demo model answers without)`
        : `answers of ${id}`;
      needed.push({ name: key, variables: secretNames(id, key), purpose, optional });
    }
    if (character.discord || character.messaging) {
      const purposes = {
        DISCORD_BOT_TOKEN: `${id} in Discord`,
        DISCORD_PUBLIC_KEY: `commands and buttons of ${id}`,
        BRIDGE_SECRET: `the gateway of ${id}`,
      };
      for (const [name, purpose] of Object.entries(purposes))
        needed.push({ name, variables: secretNames(id, name), purpose, optional: true });
    }
    if (postsByDefault(character)) {
      const name = "DISCORD_WEBHOOK_URL";
      const purpose = `what ${id} says unasked and names no other place for`;
      needed.push({ name, variables: secretNames(id, name), purpose, optional: true });
    }
    for (const [name, value] of character.assignments ? CONDUCTOR : []) {
      const purpose = `${value} that gives ${id} its issues (this Worker's own needs none)`;
      needed.push({ name, variables: secretNames(id, name), purpose, optional: true });
    }
    for (const name of needsRedis(character) ? REDIS : []) {
      const purpose = `the Redis that ${id} shares with an old cluster`;
      needed.push({ name, variables: secretNames(id, name), purpose, optional: false });
    }
    for (const name of referencedSecrets(character)) {
      const purpose = `what ${id} refers to as env:${name}`;
      needed.push({ name, variables: secretNames(id, name), purpose, optional: true });
    }
  }
  return needed.sort((a, b) => Number(a.optional) - Number(b.optional));
}

const CONDUCTOR = [
  ["CONDUCTOR_BASE_URL", "the address of the conductor"],
  ["CONDUCTOR_TOKEN", "the token for the conductor"],
] as const;

const REDIS = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"];

function needsRedis(character: Character): boolean {
  return character.assignments?.source === "redis" || discordSettings(character).sharedLock !== undefined;
}

/** Whether a job, a webhook or assigned work says nothing about where its answers go. */
function postsByDefault({ cron, webhooks, assignments }: Character): boolean {
  const isPlaced = ({ webhook, channelId, thread }: PostedTo) => Boolean(webhook || channelId || thread);
  const jobs = cron.map((job) => ({ ...job, webhook: jobWebhook(job) }));
  return ![...jobs, ...Object.values(webhooks), ...(assignments ? [assignments] : [])].every(isPlaced);
}

/** Those of which no variable is set, with the needs of one name brought together. */
export function missingSecrets(
  needed: readonly NeededSecret[],
  isSet: (variable: string) => boolean,
): NeededSecret[] {
  const missing = new Map<string, NeededSecret>();
  for (const secret of needed.filter(({ variables }) => !variables.some(isSet))) {
    const same = missing.get(secret.name);
    missing.set(
      secret.name,
      same === undefined
        ? secret
        : {
            ...same,
            purpose: `${same.purpose}, ${secret.purpose}`,
            variables: [...new Set([...same.variables, ...secret.variables])],
            optional: same.optional && secret.optional,
          },
    );
  }
  return [...missing.values()];
}
