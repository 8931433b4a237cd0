/** Looks how an agent is: what its heartbeat tells. */

import type { Agent } from "../../shared/character/registry.ts";
import { resolveEnvReferences, type SecretReader, secretReader } from "../../shared/character/secrets.ts";
import {
  type Condition,
  gatewayCondition,
  providerCondition,
  webhooksCondition,
} from "../../shared/heartbeat/health.ts";
import { nameOf, pickProvider, providersOf } from "../agent/providers.ts";
import { shardStandings } from "../agent/standings.ts";
import type { Chosen } from "../contracts.ts";
import type { Env } from "../env.ts";
import type { HealthStore } from "./health-store.ts";

/** The providers of `llm`, and which of them answers. `chosen`: the one a person has switched to. */
export function providerVitals(
  agent: Agent,
  env: Env,
  { chosen, health }: { chosen: Chosen; health: HealthStore },
): { activeProvider: string; providers: Condition[] } {
  const choices = providersOf(agent, env, chosen);
  const providers = choices.map((choice): Condition => {
    const name = nameOf(choice);
    if (!choice.ready) return { name, status: "not_configured", details: choice.note };
    return providerCondition(name, health.of("provider", name));
  });
  return { activeProvider: nameOf(pickProvider(choices, chosen.provider)), providers };
}

/** Everything else that the agent is connected to, except its conductor. */
export async function integrationVitals(
  agent: Agent,
  env: Env,
  { health, now }: { health: HealthStore; now: number },
): Promise<Condition[]> {
  const { mcpServers } = agent.character;
  const secret = secretReader({ ...env }, agent.id);
  return [
    await discordCondition(agent, env, { secret, now }),
    ...Object.keys(mcpServers).map(
      (name): Condition => ({
        name: `mcp:${name}`,
        status: "skipped",
        details: "this runtime does not connect to MCP servers",
      }),
    ),
    webhooksOf(agent, secret, health),
    githubCondition(secret),
    { name: "runner", status: "not_configured", details: "no runner is connected" },
  ];
}

async function discordCondition(
  { id, character }: Agent,
  env: Env,
  { secret, now }: { secret: SecretReader; now: number },
): Promise<Condition> {
  const name = "discord";
  if (!character.discord && character.messaging?.platform !== "discord")
    return { name, status: "not_configured", details: "character.json says nothing of it" };
  if (secret("DISCORD_BOT_TOKEN") === undefined)
    return { name, status: "not_configured", details: "the secret DISCORD_BOT_TOKEN is not set" };
  try {
    return gatewayCondition(await shardStandings(env, id), now);
  } catch (error) {
    return { name, status: "degraded", details: `its gateway link does not answer: ${String(error)}` };
  }
}

function webhooksOf({ character }: Agent, secret: SecretReader, health: HealthStore): Condition {
  return webhooksCondition(
    Object.entries(character.webhooks).map(([name, source]) => {
      const isSigned = Boolean(source.secret) && "value" in resolveEnvReferences(source.secret ?? "", secret);
      const isOpen = !source.secret && source.insecure;
      return { name, isLocked: isSigned || isOpen, health: health.of("webhook", name) };
    }),
  );
}

function githubCondition(secret: SecretReader): Condition {
  const name = "github";
  if (secret("GITHUB_TOKEN") === undefined)
    return { name, status: "not_configured", details: "the secret GITHUB_TOKEN is not set" };
  return { name, status: "unknown", details: "GITHUB_TOKEN is set" };
}
