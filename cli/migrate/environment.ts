/** What the environment of an old container becomes: secrets of the Worker, for those names that something reads. */
import { llmFor } from "../../shared/character/llm.ts";
import type { Character } from "../../shared/character/schema.ts";
import { referencedSecrets } from "../../shared/character/secrets.ts";
import { knownSettings } from "../settings.ts";
import type { Leftover, MovedSecret } from "./migrated-agent.ts";
import type { EnvironmentVariable } from "./old-values.ts";

/** Keys of the Secret that rig-agent-runtime reads by name, and the Worker's names for them. */
const runtimeKeys = {
  "discord-bot-token": "DISCORD_BOT_TOKEN",
  "anthropic-api-key": "ANTHROPIC_API_KEY",
  "openai-api-key": "OPENAI_API_KEY",
  "discord-webhook-url": "DISCORD_WEBHOOK_URL",
  "github-token": "GITHUB_TOKEN",
} as const;

/** Why the database of an old agent stays behind. */
export const noDatabase = "facts, patterns and usage are in D1; what is in the old database is not copied";

/**
 * Secrets of an agent of rig-agent-runtime.
 *
 * @param existingSecret the Secret that they are in. Which keys it has cannot be seen in the values, so all that may be there
 *   are named. Without one it is those that the agent needs.
 */
export function secretsOfRuntime(existingSecret: string | undefined, character: Character): MovedSecret[] {
  const needed = namesNeededBy(character);
  const known: readonly string[] = existingSecret === undefined ? [] : Object.values(runtimeKeys);
  const others = [...needed].filter((name) => !known.includes(name));
  const fromPerson = others.map(
    (name): MovedSecret => ({ name, source: { kind: "person", where: undefined } }),
  );
  if (existingSecret === undefined) return fromPerson;
  const fromCluster = Object.entries(runtimeKeys).map(([key, name]): MovedSecret => {
    return { name, source: { kind: "cluster", secret: existingSecret, key, unsure: !needed.has(name) } };
  });
  return [...fromCluster, ...fromPerson];
}

function namesNeededBy(character: Character): ReadonlySet<string> {
  const { provider, model } = character.llm;
  const isModelChosen = provider !== undefined || model !== undefined;
  const keys = { anthropic: "ANTHROPIC_API_KEY", "openai-api": "OPENAI_API_KEY" };
  const active = llmFor(character).provider;
  return new Set([
    ...referencedSecrets(character),
    ...(character.discord || character.messaging ? ["DISCORD_BOT_TOKEN"] : []),
    ...(isModelChosen && (active === "anthropic" || active === "openai-api") ? [keys[active]] : []),
  ]);
}

/** What becomes of variables. */
export interface MovedEnvironment {
  secrets: MovedSecret[];
  leftovers: Leftover[];
  remarks: string[];
}

/** Names that the Worker reads without being told to by a character. */
const workerReads: ReadonlySet<string> = new Set(knownSettings);

/**
 * Moves a container's variables.
 *
 * @param pathOf where a variable stands in the values, in words.
 */
export function moveVariables(
  variables: readonly EnvironmentVariable[],
  character: Character,
  pathOf: (name: string, index: number) => string,
): MovedEnvironment {
  const referenced = new Set(referencedSecrets(character));
  const moved: MovedEnvironment = { secrets: [], leftovers: [], remarks: [] };
  for (const [index, { name, value, valueFrom }] of variables.entries()) {
    const path = pathOf(name, index);
    const isRead = referenced.has(name) || workerReads.has(name);
    if (name === "DATABASE_URL") {
      moved.leftovers.push({ path, reason: noDatabase });
    } else if (valueFrom?.secretKeyRef) {
      const { name: secret, key } = valueFrom.secretKeyRef;
      moved.secrets.push({ name, source: { kind: "cluster", secret, key, unsure: false } });
      if (!isRead) moved.remarks.push(unread(name));
    } else if (value !== undefined && isRead) {
      moved.secrets.push({ name, source: { kind: "person", where: path } });
    } else {
      const reason = value === undefined ? "a Worker has secrets and vars, and nothing else" : nothingReads;
      moved.leftovers.push({ path, reason });
    }
  }
  return moved;
}

const nothingReads = "nothing reads it: a tool or an MCP server that needs it says env:NAME in the character";

function unread(name: string): string {
  return `secret ${name}: the character refers to it nowhere; a tool or an MCP server that needs it says env:${name}`;
}
