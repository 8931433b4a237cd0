import { drizzle } from "drizzle-orm/d1";
import { type Context, Hono } from "hono";
import * as z from "zod";
import { forgetPattern, forgetPatterns, listPatterns } from "../../d1/memory/patterns.ts";
import type { Env } from "../../durable-objects/env.ts";
import { patternsSince } from "../../shared/memory/retention.ts";
import { patternNameText } from "../../shared/tools/memory-arguments.ts";
import { readJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

/** One pattern, or all of them. */
const forgetting = z.union(
  [
    z.strictObject({ all: z.literal(true) }),
    z.strictObject({ entity: patternNameText, type: patternNameText }),
  ],
  'expected {"entity": "…", "type": "…"} or {"all": true}',
);

/** What an agent has learned about things, mounted at `/agents/:agent/patterns`. */
export function patternRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => {
    const { agent, since } = patternsOf(c);
    return c.json({ patterns: await listPatterns(drizzle(c.env.DB), agent, since) });
  });

  /** Answers 204 when the one pattern is gone, 200 with their number when all are. */
  routes.delete("/", async (c) => {
    const { agent, since } = patternsOf(c);
    const which = await readJson(c, forgetting);
    const db = drizzle(c.env.DB);
    if ("all" in which) return c.json({ forgotten: await forgetPatterns(db, agent, since) });
    if (await forgetPattern(db, agent, which, since)) return c.body(null, 204);
    throw new RequestError(404, "unknown_pattern", "entity, type: this agent knows no such pattern.");
  });

  return routes;
}

/** @throws RequestError 404 for an unknown agent. */
function patternsOf(c: Context): { agent: string; since: number } {
  const { id, character } = requireAgent(c.req.param("agent") ?? "");
  return { agent: id, since: patternsSince(character.memory, Date.now()) };
}
