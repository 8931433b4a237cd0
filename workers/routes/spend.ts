import { Hono } from "hono";
import { readSpend } from "../../durable-objects/agent/spend-of.ts";
import type { Env } from "../../durable-objects/env.ts";
import { requireAgent } from "./agents.ts";

/** What an agent has spent today and this month, and its ceilings, mounted at `/agents/:agent/spend`. */
export function spendRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.get("/", async (c) => c.json(await readSpend(requireAgent(c.req.param("agent") ?? ""), c.env)));
  return routes;
}
