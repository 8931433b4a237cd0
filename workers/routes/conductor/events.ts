import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono";
import * as z from "zod";
import { readEvents } from "../../../d1/conductor/reading.ts";
import { type Appended, appendEvent } from "../../../d1/conductor/store.ts";
import { readSubmission, type Submission } from "../../../shared/conductor/event.ts";
import { RequestError } from "../../errors.ts";
import { type ConductorContext, requireCaller, requireSpeaker } from "./callers.ts";
import { queryNumber, readBody, readQuery } from "./input.ts";
import { eventView, isoTime } from "./views.ts";

/** Largest event, in UTF-16 code units of JSON. */
const MAX_EVENT = 128 * 1024;

const streamQuery = z.object({
  id: z.string().min(1, "expected a stream's id"),
  before: queryNumber.optional(),
});

/** The log: `POST /events` adds to it, `GET /events/stream?id=` reads a part. */
export function eventRoutes(): Hono<ConductorContext> {
  const routes = new Hono<ConductorContext>();

  routes.post("/", requireCaller, async (c) => {
    // A request that is repeated by its sender carries the same key.
    const submission = readSubmission(await readBody(c), c.req.header("Idempotency-Key"));
    if ("error" in submission) throw new RequestError(400, "invalid_event", submission.error);
    if (JSON.stringify(submission.event.data).length > MAX_EVENT) {
      throw new RequestError(413, "event_too_large", `Expected an event of at most ${MAX_EVENT} characters`);
    }
    const speaker = agentOf(submission);
    if (speaker !== undefined) await requireSpeaker(c, speaker);
    const appended = await appendEvent(drizzle(c.env.DB), submission, Date.now());
    if (appended.outcome !== "stored") throw refusal(appended);
    const { streamId, type, at } = appended.event;
    return c.json({ streamId, type, timestamp: isoTime(at) });
  });

  /** At most 1,000, the last ones, oldest first; `before` (a version) leads to earlier ones. */
  routes.get("/stream", requireCaller, async (c) => {
    const { id, before } = readQuery(c, streamQuery);
    return c.json((await readEvents(drizzle(c.env.DB), id, before)).map(eventView));
  });

  return routes;
}

/** Whoever an event names is who sends it. */
function agentOf({ event }: Submission): string | undefined {
  const { agentId } = event.data as { agentId?: unknown };
  return typeof agentId === "string" ? agentId : undefined;
}

function refusal(appended: Exclude<Appended, { outcome: "stored" }>): RequestError {
  switch (appended.outcome) {
    case "conflict": {
      const { expected, found } = appended;
      return new RequestError(
        409,
        "version_conflict",
        `Version conflict: expected ${expected}, found ${found}`,
      );
    }
    case "refused":
      return new RequestError(409, "refused", appended.message);
    case "id-taken":
      return new RequestError(409, "event_id_taken", "Another event has this eventId");
    default:
      return appended satisfies never;
  }
}
