import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Env } from "../../durable-objects/env.ts";
import type { Agent } from "../../shared/character/registry.ts";
import { MAX_CHAT_TEXT } from "../../shared/chat/protocol.ts";
import { isOver } from "../../shared/cron/run.ts";
import { readJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

/** How long a run by hand is waited for, in milliseconds. */
const WAIT_MS = 60_000;

const runBody = z.object({
  id: z
    .string()
    .regex(/^[\w-]{1,64}$/, "expected 1 to 64 letters, digits, - or _")
    .optional(),
  job: z.string("expected the id of a job").optional(),
  prompt: z
    .string("expected a text")
    .max(MAX_CHAT_TEXT, `expected at most ${MAX_CHAT_TEXT} characters`)
    .refine((text) => text.trim() !== "", "expected some text")
    .optional(),
});

/** Jobs and their history, mounted at `/agents/:agent/cron`. */
export function cronRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => c.json({ jobs: await scheduleOf(c, agentOf(c)).list() }));

  routes.get("/:job/runs", async (c) => {
    const agent = agentOf(c);
    const job = requireJob(agent, c.req.param("job"));
    return c.json({ runs: await scheduleOf(c, agent).runs(job) });
  });

  return routes;
}

/** Runs by hand, mounted at `/agents/:agent`. */
export function runRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  /** 200 with the run once it is over, 202 when it takes longer. The same `id` again is the same run. */
  routes.post("/run", async (c) => {
    const agent = agentOf(c);
    const body = await readJson(c, runBody);
    const schedule = scheduleOf(c, agent);
    const started = await schedule.start({ id: body.id ?? crypto.randomUUID(), ...chooseRun(agent, body) });
    const run = (await schedule.outcome(started.id, WAIT_MS)) ?? started;
    return c.json(run, isOver(run) ? 200 : 202);
  });

  routes.get("/runs/:run", async (c) => {
    const agent = agentOf(c);
    const id = c.req.param("run");
    const run = await scheduleOf(c, agent).run(id);
    if (run) return c.json(run);
    const message = `run: found ${JSON.stringify(id)}, expected one that the history still tells of.`;
    throw new RequestError(404, "unknown_run", message);
  });

  return routes;
}

/** Which job, and which prompt. Without a job: the only one there is, unless there is a prompt of its own. */
function chooseRun(agent: Agent, { job, prompt }: z.infer<typeof runBody>): { job?: string; prompt: string } {
  const { cron } = agent.character;
  if (job === undefined && prompt !== undefined) return { prompt };
  const [only, ...others] = cron;
  if (job === undefined && (only === undefined || others.length > 0)) {
    const expected = cron.length === 0 ? "prompt: expected a text" : `job: expected one of ${idsOf(agent)}`;
    throw new RequestError(400, "invalid_body", `${expected}.`);
  }
  const id = requireJob(agent, job ?? only?.id ?? "");
  const own = cron.find((known) => known.id === id);
  return { job: id, prompt: prompt ?? own?.prompt ?? "" };
}

function requireJob(agent: Agent, id: string): string {
  if (agent.character.cron.some((job) => job.id === id)) return id;
  const message = `job: found ${JSON.stringify(id)}, expected one of ${idsOf(agent) || "none: the agent has no jobs"}.`;
  throw new RequestError(404, "unknown_job", message);
}

function idsOf({ character }: Agent): string {
  return character.cron.map(({ id }) => id).join(", ");
}

function agentOf(c: Context): Agent {
  return requireAgent(c.req.param("agent") ?? "");
}

function scheduleOf(c: Context<{ Bindings: Env }>, { id }: Agent) {
  return c.env.CRON_SCHEDULE.getByName(id);
}
