/** Which shard of which agent a link serves. */
export interface LinkAddress {
  agent: string;
  /** Index of the shard. Their number is no part of the name: gateways that disagree about it meet in one lease. */
  shard: number;
}

/** The name of a shard's GatewayLink: `<agent>/<shard index>`. An agent's id holds no slash. */
export function linkName({ agent, shard }: LinkAddress): string {
  return `${agent}/${shard}`;
}

/** Reads {@link linkName} back. @throws RangeError for a name that was made otherwise. */
export function parseLinkName(name: string | undefined): LinkAddress {
  const [, agent, shard] = /^([^/]+)\/(\d+)$/.exec(name ?? "") ?? [];
  if (agent === undefined) throw new RangeError(`"${name}" is no gateway link: expected <agent>/<shard>`);
  return { agent, shard: Number(shard) };
}
