/** How well something works, in the words of a heartbeat. Pure functions of what is known. */

/** What was heard of a provider or a webhook. Unix milliseconds. */
export interface Health {
  lastAt: number;
  errorAt: number | null;
  error: string | null;
}

/** `unknown`: it is set up, and nothing was heard of it yet. `skipped`: this runtime leaves it alone. */
export type HealthStatus = "healthy" | "degraded" | "unknown" | "not_configured" | "skipped";

/** One line of an operator's overview. */
export interface Condition {
  name: string;
  status: HealthStatus;
  details: string;
}

/** A provider that can be asked: degraded while its last call has failed. */
export function providerCondition(name: string, health: Health | undefined): Condition {
  if (!health) return { name, status: "unknown", details: "not called yet" };
  const { lastAt, errorAt, error } = health;
  const trouble = errorAt === null ? "" : `; last error ${error} at ${iso(errorAt)}`;
  const status = errorAt !== null && errorAt >= lastAt ? "degraded" : "healthy";
  return { name, status, details: `last call ${iso(lastAt)}${trouble}` };
}

/** The webhooks of an agent in one line: they are silent when nothing happens, so silence is no trouble. */
export function webhooksCondition(
  sources: readonly { name: string; isLocked: boolean; health: Health | undefined }[],
): Condition {
  const name = "webhooks";
  if (sources.length === 0) return { name, status: "not_configured", details: "character.json names none" };
  const details = sources.map((source) => {
    if (!source.isLocked) return `${source.name}: refused, its secret is not set`;
    return `${source.name}: ${source.health ? `last delivery ${iso(source.health.lastAt)}` : "no delivery yet"}`;
  });
  const isHeard = sources.some(({ health }) => health !== undefined);
  const isDegraded = sources.some(({ isLocked }) => !isLocked);
  const status = isDegraded ? "degraded" : isHeard ? "healthy" : "unknown";
  return { name, status, details: details.join("; ") };
}

/** What a shard's link knows of its gateway. Unix milliseconds. */
export interface GatewayStanding {
  /** `null`: no gateway has the lease. */
  holder: string | null;
  /** When the lease runs out, or ran out; 0 when there was none. */
  expiresAt: number;
}

/**
 * Discord as far as it is the gateway's: a shard whose lease nobody holds hears nothing.
 *
 * @param shards by index.
 */
export function gatewayCondition(shards: readonly GatewayStanding[], now: number): Condition {
  const name = "discord";
  const away = shards.flatMap(({ holder, expiresAt }, shard) => {
    if (holder !== null && expiresAt > now) return [];
    const since = expiresAt === 0 ? "no gateway yet" : `no gateway since ${iso(expiresAt)}`;
    return [`shard ${shard}: ${since}`];
  });
  if (away.length > 0) return { name, status: "degraded", details: away.join("; ") };
  const holders = [...new Set(shards.map(({ holder }) => holder))].join(", ");
  return { name, status: "healthy", details: `${count(shards.length)} connected by ${holders}` };
}

/** How the heartbeat itself arrives. Unix milliseconds. */
export function conductorCondition(
  target: string,
  { sentAt, failed }: { sentAt: number | null; failed: { at: number; cause: string } | null },
): Condition {
  const name = "conductor";
  const sent = sentAt === null ? "nothing arrived yet" : `last heartbeat ${iso(sentAt)}`;
  if (failed && failed.at >= (sentAt ?? 0))
    return { name, status: "degraded", details: `${target}; ${sent}; ${failed.cause} at ${iso(failed.at)}` };
  return { name, status: sentAt === null ? "unknown" : "healthy", details: `${target}; ${sent}` };
}

function count(shards: number): string {
  return shards === 1 ? "1 shard" : `${shards} shards`;
}

/** Unix milliseconds as ISO 8601. */
function iso(at: number): string {
  return new Date(at).toISOString();
}
