import { Hono } from "hono";
import { agents } from "../../agents/index.ts";
import { findAgent, findAgentIfAny, providerOf } from "../../durable-objects/channel-session/agent-parts.ts";
import type { Env } from "../../durable-objects/env.ts";
import type { Agent } from "../../shared/character/registry.ts";
import { describeProvider } from "../../shared/llm/choose.ts";
import { buildHttpTools } from "../../shared/tools/http.ts";
import { RequestError } from "../errors.ts";

/** The agents of this deployment, as the playground lists them. */
export function agentRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.get("/", (c) => {
    const known = agents.ids.flatMap((id) => findAgentIfAny(id) ?? []);
    return c.json({ agents: known.map((agent) => describeAgent(agent, c.env)) });
  });
  routes.get("/:agent", (c) => c.json(describeAgent(requireAgent(c.req.param("agent")), c.env)));
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

function describeAgent(agent: Agent, env: Env) {
  const { name, bio, tools, mcpServers } = agent.character;
  const definitions = buildHttpTools(tools, { secret: () => undefined });
  return {
    id: agent.id,
    name,
    bio,
    provider: describeProvider(providerOf(agent, env)),
    tools: definitions.map(({ name, description }) => ({ name, description })),
    warnings: Object.keys(mcpServers).map(
      (server) => `MCP server "${server}" is skipped: this release connects to none.`,
    ),
  };
}
