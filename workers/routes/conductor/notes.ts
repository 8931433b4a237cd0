import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono";
import * as z from "zod";
import {
  addLearning,
  forgetLearning,
  type Learning,
  listLearnings,
} from "../../../d1/conductor/learnings.ts";
import { addLogEntry, type LogEntry, listLogEntries } from "../../../d1/conductor/logs.ts";
import { issueStreamId } from "../../../shared/conductor/event.ts";
import { agentIdText, issueNumber, repoText } from "../../../shared/conductor/fields.ts";
import { RequestError } from "../../errors.ts";
import { type ConductorContext, requireCaller, requireSpeaker } from "./callers.ts";
import { queryNumber, readBody, readFields, readQuery } from "./input.ts";
import { isoTime } from "./views.ts";

const MAX_LOG_MESSAGE = 16_000;
const MAX_LEARNING = 1_000;
const DEFAULT_LOG_PAGE = 100;
const MAX_LOG_PAGE = 500;

const hasBoth = ({ repo, issueNumber }: { repo?: unknown; issueNumber?: unknown }) =>
  (repo === undefined) === (issueNumber === undefined);
const bothExpected = { path: ["issueNumber"], error: "expected repo and issueNumber together" };

const logEntry = z
  .object({
    agentId: agentIdText,
    repo: repoText.optional(),
    issueNumber: issueNumber.optional(),
    level: z.enum(["info", "warn", "error"], "expected info, warn or error").default("info"),
    message: z
      .string("expected text")
      .min(1, "expected some text")
      .max(MAX_LOG_MESSAGE, `expected at most ${MAX_LOG_MESSAGE} characters`),
  })
  .refine(hasBoth, bothExpected);

const logQuery = z
  .object({
    agentId: agentIdText.optional(),
    repo: repoText.optional(),
    issueNumber: issueNumber.optional(),
    before: queryNumber.optional(),
    limit: queryNumber
      .pipe(z.int().min(1, "expected 1 or more").max(MAX_LOG_PAGE, `expected at most ${MAX_LOG_PAGE}`))
      .default(DEFAULT_LOG_PAGE),
  })
  .refine(hasBoth, bothExpected);

const learningText = z
  .string("expected text")
  .trim()
  .min(1, "expected some text")
  .max(MAX_LEARNING, `expected at most ${MAX_LEARNING} characters`);

const newLearning = z.object({ agentId: agentIdText, repo: repoText, learning: learningText });

/** What agents wrote while they worked, newest first, mounted at `/execution-logs`. */
export function logRoutes(): Hono<ConductorContext> {
  const routes = new Hono<ConductorContext>();

  routes.post("/", requireCaller, async (c) => {
    const { repo, issueNumber, ...entry } = readFields(await readBody(c), logEntry);
    await requireSpeaker(c, entry.agentId);
    const at = Date.now();
    const stream = streamOf({ repo, issueNumber }) ?? "";
    const id = await addLogEntry(drizzle(c.env.DB), { ...entry, stream, at });
    return c.json({ id, timestamp: isoTime(at) }, 201);
  });

  routes.get("/", requireCaller, async (c) => {
    const { repo, issueNumber, ...query } = readQuery(c, logQuery);
    const streamId = streamOf({ repo, issueNumber });
    const entries = await listLogEntries(drizzle(c.env.DB), { ...query, streamId });
    return c.json(entries.map(logView));
  });

  return routes;
}

/** What agents know of a repository, mounted at `/repo-learnings`. */
export function learningRoutes(): Hono<ConductorContext> {
  const routes = new Hono<ConductorContext>();

  routes.post("/", requireCaller, async (c) => {
    const told = readFields(await readBody(c), newLearning);
    await requireSpeaker(c, told.agentId);
    return c.json(learningView(await addLearning(drizzle(c.env.DB), told, Date.now())), 201);
  });

  routes.get("/", requireCaller, async (c) => {
    const { repo } = readQuery(c, z.object({ repo: repoText }));
    return c.json((await listLearnings(drizzle(c.env.DB), repo)).map(learningView));
  });

  routes.delete("/", requireCaller, async (c) => {
    const known = readFields(await readBody(c), newLearning);
    await requireSpeaker(c, known.agentId);
    if (await forgetLearning(drizzle(c.env.DB), known)) return c.body(null, 204);
    throw new RequestError(404, "unknown_learning", "repo, learning: nothing of that kind is known");
  });

  return routes;
}

function streamOf({ repo, issueNumber }: { repo?: string | undefined; issueNumber?: number | undefined }) {
  return repo === undefined || issueNumber === undefined ? undefined : issueStreamId(repo, issueNumber);
}

function logView({ id, agentId, stream, level, message, at }: LogEntry) {
  return { id, agentId, streamId: stream || null, level, message, timestamp: isoTime(at) };
}

function learningView({ createdAt, lastSeenAt, ...learning }: Learning) {
  return { ...learning, createdAt: isoTime(createdAt), lastSeenAt: isoTime(lastSeenAt) };
}
