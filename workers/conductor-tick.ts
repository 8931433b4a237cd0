/** What the conductor does by the clock. */
import { drizzle } from "drizzle-orm/d1";
import { listAgents, listWatched } from "../d1/conductor/reading.ts";
import { appendEvent } from "../d1/conductor/store.ts";
import type { Env } from "../durable-objects/env.ts";
import { findOverdue } from "../shared/conductor/detection.ts";
import { OWN_EVENT_PREFIX } from "../shared/conductor/event.ts";
import { createLogger } from "../shared/log.ts";

const log = createLogger();

/** How many events a tick has written. */
export interface TickReport {
  stuck: number;
  reminders: number;
}

/**
 * Takes issues from agents that are offline or stuck, and reminds humans of gates. Meant for once a minute; a tick that
 * comes twice, late or beside another writes nothing twice, because each event is written only onto the version of
 * the stream that it was found in.
 *
 * @param now Unix milliseconds.
 * @throws when D1 does not answer; the next tick finds the same.
 */
export async function conductorTick(env: Env, now: number): Promise<TickReport> {
  const db = drizzle(env.DB);
  const watched = await listWatched(db);
  const report: TickReport = { stuck: 0, reminders: 0 };
  if (watched.length === 0) return report;
  for (const { streamId, version, event } of findOverdue(watched, await listAgents(db), now)) {
    const eventId = `${OWN_EVENT_PREFIX}${streamId}:${version + 1}`;
    const { outcome } = await appendEvent(db, { event, streamId, eventId, expectedVersion: version }, now);
    if (outcome !== "stored") continue;
    log.log("info", "conductor.overdue", { stream: streamId, type: event.type });
    if (event.type === "AGENT_STUCK") report.stuck += 1;
    else report.reminders += 1;
  }
  return report;
}
