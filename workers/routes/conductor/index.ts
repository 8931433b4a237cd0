import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono";
import * as z from "zod";
import { listAgents, listIssues, listQueue } from "../../../d1/conductor/reading.ts";
import { rebuildProjections } from "../../../d1/conductor/rebuild.ts";
import { ContentionError, claimNext, peekNext } from "../../../d1/conductor/store.ts";
import { agentIdText } from "../../../shared/conductor/fields.ts";
import { issueStates } from "../../../shared/conductor/issue.ts";
import { requireAdmin } from "../../auth.ts";
import { RequestError } from "../../errors.ts";
import { type ConductorContext, requireCaller, requireSpeaker } from "./callers.ts";
import { eventRoutes } from "./events.ts";
import { checkHealth } from "./health.ts";
import { readBody, readFields, readQuery } from "./input.ts";
import { learningRoutes, logRoutes } from "./notes.ts";
import { agentView, assignmentView, issueView } from "./views.ts";

/** Events that one request to rebuild reads, more or less: to the end of a stream. */
const REBUILD_EVENTS = 10_000;

const issuesQuery = z.object({
  state: z.enum(issueStates, { error: `expected one of ${issueStates.join(", ")}` }).optional(),
});

const nextQuery = z.object({
  agentId: agentIdText,
  claim: z.enum(["true", "false"], "expected true or false").default("true"),
});

const rebuildBody = z.object({ after: z.string("expected a stream's id").default("") });

/** The coordinator of a rig of agents: `/api/…` and `/healthz/deep`. Its errors are `{"error": "…"}`. */
export function conductorRoutes(): Hono<ConductorContext> {
  const routes = new Hono<ConductorContext>();

  routes.get("/healthz/deep", requireCaller, async (c) => {
    const health = await checkHealth(c.env);
    return c.json(health, health.overall === "Unreachable" ? 503 : 200);
  });

  routes.route("/api/events", eventRoutes());
  routes.route("/api/execution-logs", logRoutes());
  routes.route("/api/repo-learnings", learningRoutes());

  routes.get("/api/issues", requireCaller, async (c) => {
    const { state } = readQuery(c, issuesQuery);
    return c.json((await listIssues(drizzle(c.env.DB), state)).map(issueView));
  });

  routes.get("/api/queue", requireCaller, async (c) => {
    const queue = await listQueue(drizzle(c.env.DB));
    return c.json(queue.map((entry) => ({ ...issueView(entry), blockedBy: entry.blockedBy })));
  });

  /** Assigns what it answers, unless `claim=false` only asks. */
  routes.get("/api/assignments/next", requireCaller, async (c) => {
    const { agentId, claim } = readQuery(c, nextQuery);
    await requireSpeaker(c, agentId);
    const db = drizzle(c.env.DB);
    const next = await (claim === "true" ? claimNext(db, agentId, Date.now()) : peekNext(db, agentId));
    return next === null ? c.body(null, 204) : c.json(assignmentView(next));
  });

  routes.get("/api/agents", requireCaller, async (c) => {
    const now = Date.now();
    return c.json((await listAgents(drizzle(c.env.DB))).map((agent) => agentView(agent, now)));
  });

  /** `{after?}` → `{streams, events, next}`; not done before `next` is null. */
  routes.post("/api/conductor/rebuild", requireAdmin, async (c) => {
    const { after } = readFields(await readBody(c), rebuildBody);
    return c.json(await rebuildProjections(drizzle(c.env.DB), { after, maxEvents: REBUILD_EVENTS }));
  });

  routes.onError((error, c) => {
    if (error instanceof ContentionError) {
      c.header("Retry-After", "1");
      return c.json({ error: "Too many agents at the same time; try again" }, 503);
    }
    if (error instanceof RequestError) return c.json({ error: error.message }, error.status);
    throw error;
  });

  return routes;
}
