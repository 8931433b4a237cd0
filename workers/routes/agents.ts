import { Hono } from "hono";
import { agents } from "../../agents/index.ts";
import { findAgent, findAgentIfAny } from "../../durable-objects/agent/find-agent.ts";
import { activeProvider, providersOf } from "../../durable-objects/agent/providers.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { Agent } from "../../shared/character/registry.ts";
import { describeProvider, type ProviderChoice } from "../../shared/llm/choose.ts";
import { createLogger } from "../../shared/log.ts";
import { buildHttpTools } from "../../shared/tools/http.ts";
import { RequestError } from "../errors.ts";

const log = createLogger();

/** The agents of this deployment, as the playground lists them. */
export function agentRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.get("/", async (c) => {
    const known = agents.ids.flatMap((id) => findAgentIfAny(id) ?? []);
    return c.json({ agents: await Promise.all(known.map((agent) => describeAgent(agent, c.env))) });
  });
  routes.get("/:agent", async (c) => c.json(await describeAgent(requireAgent(c.req.param("agent")), c.env)));
  return routes;
}

/** @throws RequestError 404 for an agent that is not there; AgentUnavailableError for one that is broken. */
export function requireAgent(id: string): Agent {
  if ((agents.ids as readonly string[]).includes(id)) return findAgent(id);
  throw new RequestError(
    404,
    "unknown_agent",
    `There is no agent "${id}". Agents: ${agents.ids.join(", ")}.`,
  );
}

async function describeAgent(agent: Agent, env: Env) {
  const { name, bio, tools, mcpServers } = agent.character;
  const definitions = buildHttpTools(tools, { secret: () => undefined });
  return {
    id: agent.id,
    name,
    bio,
    provider: describeProvider(await activeProviderIfKnown(agent, env)),
    tools: definitions.map(({ name, description }) => ({ name, description })),
    warnings: Object.keys(mcpServers).map(
      (server) => `MCP server "${server}" is skipped: this release connects to none.`,
    ),
  };
}

/** The list of agents is shown whatever fails: without the hub, with the character's own provider. */
async function activeProviderIfKnown(agent: Agent, env: Env): Promise<ProviderChoice> {
  try {
    return await activeProvider(agent, env);
  } catch (error) {
    log.log("warn", "provider.unknown", { agent: agent.id, cause: String(error) });
    return providersOf(agent, env)[0];
  }
}
