/** Whether what the conductor needs works, now. */
import { eq, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { listAgents } from "../../../d1/conductor/reading.ts";
import { conductorEvents } from "../../../d1/conductor/schema.ts";
import { describeD1Failure } from "../../../d1/failure.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { isOffline } from "../../../shared/conductor/agent.ts";
import { OWN_EVENT_PREFIX } from "../../../shared/conductor/event.ts";
import { withDeadline } from "../../../shared/time/deadline.ts";
import { isoTime } from "./views.ts";

/** How long a check may take, in milliseconds. */
const CHECK_MS = 2_000;

type Status = "Ok" | "Degraded" | "Unreachable";

interface Check {
  name: string;
  /** Whether nothing works without it. */
  critical: boolean;
  /** What is wrong, or `null`. @throws when it cannot be reached. */
  run(db: DrizzleD1Database): Promise<string | null>;
}

const checks: readonly Check[] = [
  { name: "d1", critical: true, run: readAnything },
  { name: "event-store", critical: true, run: writeAndTakeBack },
  { name: "agents", critical: false, run: findOffline },
];

/** Runs every check. `Unreachable` means that something critical does not work. */
export async function checkHealth(env: Env) {
  const db = drizzle(env.DB);
  const dependencies = await Promise.all(checks.map((check) => runCheck(check, db)));
  const isDown = dependencies.some(({ critical, status }) => critical && status === "Unreachable");
  const isFine = dependencies.every(({ status }) => status === "Ok");
  const overall: Status = isDown ? "Unreachable" : isFine ? "Ok" : "Degraded";
  return { overall, dependencies, checkedAt: isoTime(Date.now()) };
}

async function runCheck({ name, critical, run }: Check, db: DrizzleD1Database) {
  const startedAt = Date.now();
  const [status, reason] = await withDeadline(run(db), CHECK_MS).then(
    (problem): [Status, string | null] => [problem === null ? "Ok" : "Degraded", problem],
    (error): [Status, string] => ["Unreachable", describeD1Failure(error)],
  );
  const now = Date.now();
  return { name, status, critical, reason, latencyMs: now - startedAt, lastCheckAt: isoTime(now) };
}

async function readAnything(db: DrizzleD1Database): Promise<null> {
  await db.run(sql`select 1`);
  return null;
}

/** An event that no one ever sees: it goes in the transaction it came in. */
async function writeAndTakeBack(db: DrizzleD1Database): Promise<null> {
  const id = `${OWN_EVENT_PREFIX}probe:${crypto.randomUUID()}`;
  await db.batch([
    db.insert(conductorEvents).values({ id, stream: id, version: 1, type: "VERIFIED", data: {}, at: 0 }),
    db.delete(conductorEvents).where(eq(conductorEvents.id, id)),
  ]);
  return null;
}

async function findOffline(db: DrizzleD1Database): Promise<string | null> {
  const now = Date.now();
  const offline = (await listAgents(db)).filter((agent) => isOffline(agent, now));
  return offline.length === 0 ? null : `offline: ${offline.map(({ agentId }) => agentId).join(", ")}`;
}
