import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono";
import * as z from "zod";
import { sumUsage, type UsageGroup, usageGroups } from "../../d1/usage.ts";
import type { Env } from "../../durable-objects/env.ts";
import { agentIdExpectation, isAgentId } from "../../shared/character/registry.ts";
import { DAY_MS, utcDay } from "../../shared/time/utc-period.ts";
import { RequestError } from "../errors.ts";

/** How far back the sums reach when nobody says, in days, today included. */
const DEFAULT_DAYS = 30;

const day = z.iso.date("expected a day (UTC) such as 2026-11-21");

const group = z.enum(usageGroups, { error: `expected a list of ${usageGroups.join(", ")}` });

const usageQuery = z.strictObject({
  agent: z
    .string()
    .refine(isAgentId, { error: `expected ${agentIdExpectation}` })
    .optional(),
  model: z.string().min(1, "expected a model's name").optional(),
  from: day.optional(),
  to: day.optional(),
  by: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(group).min(1))
    .transform((groups): UsageGroup[] => [...new Set(groups)])
    .optional(),
});

/**
 * Sums over the ledger, mounted at `/usage`: `?agent=&model=&from=&to=&by=agent,model,day`. Days are UTC, the last one
 * included. Calls appear some seconds after they end.
 */
export function usageRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.get("/", async (c) => {
    const { agent, model, from, to, by } = readQuery(c.req.queries());
    const last = startOfDay(to) ?? Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const first = startOfDay(from) ?? last - (DEFAULT_DAYS - 1) * DAY_MS;
    if (first > last) throw badQuery("from: expected a day that is not after the last one (to)");
    const groups = by ?? usageGroups;
    const until = last + DAY_MS;
    const sums = await sumUsage(drizzle(c.env.DB), { agent, model, from: first, until, by: groups });
    return c.json({ from: utcDay(first), to: utcDay(last), by: groups, usage: sums });
  });
  return routes;
}

/** @throws RequestError 400, naming each field that is wrong. */
function readQuery(queries: Record<string, string[]>): z.infer<typeof usageQuery> {
  const repeated = Object.entries(queries).find(([, values]) => values.length > 1);
  if (repeated) throw badQuery(`${repeated[0]}: expected it once`);
  const values = Object.fromEntries(Object.entries(queries).map(([name, [value]]) => [name, value]));
  const reading = usageQuery.safeParse(values);
  if (reading.success) return reading.data;
  throw badQuery(reading.error.issues.map(describeIssue).join("; "));
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(usageQuery.shape).join(", ");
    return `${issue.keys.join(", ")}: expected only ${known}`;
  }
  return `${String(issue.path[0])}: ${issue.message}`;
}

function badQuery(message: string): RequestError {
  return new RequestError(400, "invalid_query", message);
}

/** Unix milliseconds. */
function startOfDay(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(`${text}T00:00:00Z`);
}
