/** Who speaks for an agent's shards. */
import { linkName } from "../../shared/bridge/link-name.ts";
import type { GatewayStanding } from "../../shared/heartbeat/health.ts";
import { withDeadline } from "../../shared/time/deadline.ts";
import type { Env } from "../env.ts";

/** How long a shard's link may take to say who holds its lease, in milliseconds. */
const LINK_TIMEOUT_MS = 3_000;

/**
 * The standing of each shard, by index. How many there are is known by the first, as far as a gateway has told.
 *
 * @throws what a link throws, or an error when one does not answer in time.
 */
export async function shardStandings(env: Env, agent: string): Promise<GatewayStanding[]> {
  const first = await standingOf(env, agent, 0);
  const others = Array.from({ length: first.shards - 1 }, (_, index) => standingOf(env, agent, index + 1));
  return [first, ...(await Promise.all(others))];
}

function standingOf(env: Env, agent: string, shard: number): Promise<GatewayStanding & { shards: number }> {
  const link = env.GATEWAY_LINK.getByName(linkName({ agent, shard }));
  return withDeadline(Promise.resolve(link.standing()), LINK_TIMEOUT_MS);
}
