import { type Context, Hono } from "hono";
import * as z from "zod";
import {
  activeProvider,
  nameOf,
  type ProviderChoices,
  providersOf,
} from "../../durable-objects/agent/providers.ts";
import { callHub } from "../../durable-objects/clients/calls.ts";
import type { Env } from "../../durable-objects/env.ts";
import { describeProvider } from "../../shared/llm/choose.ts";
import { expandProviderName } from "../../shared/llm/provider-name.ts";
import { readJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

const switchBody = z.object({
  provider: z.string("expected a provider's name").min(1, "expected a provider's name"),
});

/** Which provider answers an agent, mounted at `/agents/:agent/provider`. */
export function providerRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => {
    const agent = agentOf(c);
    const active = nameOf(await activeProvider(agent, c.env));
    return c.json({ active, providers: providersOf(agent, c.env).map(describeProvider) });
  });

  /** Switches by hand: what is running stays with its provider, what comes next is answered by the new one. */
  routes.put("/", async (c) => {
    const agent = agentOf(c);
    const name = expandProviderName((await readJson(c, switchBody)).provider);
    const choices = providersOf(agent, c.env);
    const choice = choices.find((candidate) => nameOf(candidate) === name);
    if (!choice) {
      const message = `provider: found ${JSON.stringify(name)}, expected one that the character configures: ${list(choices)}.`;
      throw new RequestError(422, "unknown_provider", message);
    }
    if (!choice.ready) {
      throw new RequestError(409, "provider_not_ready", `${choice.note} Configured: ${list(choices)}.`);
    }
    const active = nameOf(choice);
    await callHub(c.env, agent.id, (hub) => hub.chooseProvider(active));
    return c.json({ active, providers: choices.map(describeProvider) });
  });

  return routes;
}

function agentOf(c: Context) {
  return requireAgent(c.req.param("agent") ?? "");
}

function list(choices: ProviderChoices): string {
  return choices.map((choice) => `${nameOf(choice)} (${choice.ready ? "ready" : "not ready"})`).join(", ");
}
