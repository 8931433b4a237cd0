import { drizzle } from "drizzle-orm/d1";
import { type Context, Hono } from "hono";
import * as z from "zod";
import { addFact, type FactOwner, forgetFact, forgetFacts, listFacts } from "../../d1/memory/facts.ts";
import type { Env } from "../../durable-objects/env.ts";
import { factsSince } from "../../shared/memory/retention.ts";
import { confidenceNumber, factText } from "../../shared/tools/memory-arguments.ts";
import { readJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

const newFact = z.object({ fact: factText, confidence: confidenceNumber.default(1) });

/** One fact, or all of them. */
const forgetting = z.union(
  [z.strictObject({ all: z.literal(true) }), z.strictObject({ fact: factText })],
  'expected {"fact": "…"} or {"all": true}',
);

/** What an agent knows about a user, mounted at `/agents/:agent/users/:user/facts`. */
export function factRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => {
    const { owner, since } = factsOf(c);
    return c.json({ facts: await listFacts(drizzle(c.env.DB), owner, { since }) });
  });

  routes.post("/", async (c) => {
    const { owner, since, now } = factsOf(c);
    const told = await readJson(c, newFact);
    await addFact(drizzle(c.env.DB), owner, told, { now, since });
    return c.json(told, 201);
  });

  /** Answers 204 when the one fact is gone, 200 with their number when all are. */
  routes.delete("/", async (c) => {
    const { owner, since } = factsOf(c);
    const which = await readJson(c, forgetting);
    const db = drizzle(c.env.DB);
    if ("all" in which) return c.json({ forgotten: await forgetFacts(db, owner, since) });
    if (await forgetFact(db, owner, which.fact, since)) return c.body(null, 204);
    throw new RequestError(404, "unknown_fact", "fact: this is not known about this user.");
  });

  return routes;
}

/** @throws RequestError 404 for an unknown agent, 400 for a user id that is none. */
function factsOf(c: Context): { owner: FactOwner; now: number; since: number } {
  const { id, character } = requireAgent(c.req.param("agent") ?? "");
  const user = c.req.param("user") ?? "";
  if (user.length > 100)
    throw new RequestError(400, "invalid_user_id", "user: expected at most 100 characters.");
  const now = Date.now();
  return { owner: { agent: id, user }, now, since: factsSince(character.memory, now) };
}
