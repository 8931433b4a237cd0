import { Hono } from "hono";
import { callHub } from "../../durable-objects/agent-hub/hub-client.ts";
import type { Env } from "../../durable-objects/env.ts";
import { nextUtcDay, nextUtcMonth } from "../../shared/time/utc-period.ts";
import type { SpendView } from "../../shared/usage/spend.ts";
import { requireAgent } from "./agents.ts";

/** What an agent has spent today and this month, and its ceilings, mounted at `/agents/:agent/spend`. */
export function spendRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.get("/", async (c) => {
    const { id, character } = requireAgent(c.req.param("agent") ?? "");
    const { dailyUsd, monthlyUsd } = character.budget;
    const now = Date.now();
    const { day, month } = await callHub(c.env, id, (hub) => hub.spent());
    const iso = (at: number) => new Date(at).toISOString();
    const view: SpendView = {
      day: { ...day, ceilingUsd: dailyUsd ?? null, resetsAt: iso(nextUtcDay(now)) },
      month: { ...month, ceilingUsd: monthlyUsd ?? null, resetsAt: iso(nextUtcMonth(now)) },
    };
    return c.json(view);
  });
  return routes;
}
