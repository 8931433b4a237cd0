import { drizzle } from "drizzle-orm/d1";
import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Env } from "../../durable-objects/env.ts";
import { addFact, type FactOwner, forgetFact, listFacts, MAX_FACT } from "../../shared/memory/facts.ts";
import { readJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

const factBody = z.object({
  fact: z
    .string()
    .trim()
    .min(1, "expected some text")
    .max(MAX_FACT, `expected at most ${MAX_FACT} characters`),
});

/** What an agent knows about a user, mounted at `/agents/:agent/users/:user/facts`. */
export function factRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => c.json({ facts: await listFacts(drizzle(c.env.DB), owner(c)) }));

  routes.post("/", async (c) => {
    const whose = owner(c);
    const { fact } = await readJson(c, factBody);
    await addFact(drizzle(c.env.DB), whose, fact, Date.now());
    return c.json({ fact }, 201);
  });

  routes.delete("/", async (c) => {
    const whose = owner(c);
    const { fact } = await readJson(c, factBody);
    if (await forgetFact(drizzle(c.env.DB), whose, fact)) return c.body(null, 204);
    throw new RequestError(404, "unknown_fact", "This fact is not known about this user.");
  });

  return routes;
}

/** @throws RequestError 404 for an unknown agent, 400 for a user id that is none. */
function owner(c: Context): FactOwner {
  const { id } = requireAgent(c.req.param("agent") ?? "");
  const user = c.req.param("user") ?? "";
  if (user.length <= 100) return { agent: id, user };
  throw new RequestError(400, "invalid_user_id", "user: expected at most 100 characters.");
}
