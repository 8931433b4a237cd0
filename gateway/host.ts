/** The gateway as a whole: all shards of this process, and the pages that tell how they are. */
import type { Server } from "node:http";
import type { Shard } from "../shared/bridge/protocol.ts";
import type { NotReady, NotReadyCause } from "../shared/gateway/readiness.ts";
import { createLogger, setLogLevel } from "../shared/log.ts";
import { createBridgeClient } from "./bridge-client.ts";
import type { GatewayConfig } from "./config.ts";
import { BotTokenError, GatewayDirectory } from "./gateway-directory.ts";
import { Metrics } from "./metrics.ts";
import { startServer } from "./server.ts";
import { ShardHost } from "./shard-host.ts";

/**
 * Runs until `signal` fires and everything is handed over. When Discord refuses for good it stays, not ready and saying
 * why: a process that ends would be started again, and every start counts against the bot.
 *
 * @throws Error when the port is taken.
 */
export async function runGateway(config: GatewayConfig, signal: AbortSignal): Promise<void> {
  const now = () => performance.now();
  const random = Math.random;
  setLogLevel(config.logLevel);
  const logger = createLogger({ agent: config.agent, gateway: config.gatewayId });
  const metrics = new Metrics();
  const directory = new GatewayDirectory({
    apiBaseUrl: config.discordApiBaseUrl,
    botToken: config.botToken,
    logger,
    now,
    random,
    signal,
  });
  const bridge = createBridgeClient({
    workerUrl: config.workerUrl,
    agent: config.agent,
    secret: config.bridgeSecret,
    now: Date.now,
  });
  const hosts = new Map<string, ShardHost>();
  let startProblem: NotReady | null = { cause: "starting", says: "the number of shards is not known yet" };
  const startCauses = new Set<NotReadyCause>();
  /** Before there are shards. */
  const starting = (): NotReady | null => startProblem && (directory.problem ?? startProblem);

  const server = await startServer(config.port, {
    states: () => Object.fromEntries([...hosts].map(([shard, { status }]) => [shard, status.state])),
    problems: () => {
      const shards = [...hosts].flatMap(([shard, { status }]) =>
        status.problem === null ? [] : [[shard, status.problem.says]],
      );
      const start = starting();
      return Object.fromEntries(start === null ? shards : [["start", start.says], ...shards]);
    },
    metrics: () => {
      for (const host of hosts.values()) host.measure();
      const start = starting();
      if (start) startCauses.add(start.cause);
      for (const cause of startCauses)
        metrics.set("rig_gateway_not_ready", { shard: "start", cause }, cause === start?.cause ? 1 : 0);
      const { remainingIdentifies } = directory;
      if (remainingIdentifies !== null)
        metrics.set("rig_gateway_identifies_remaining", {}, remainingIdentifies);
      return metrics.text();
    },
  });
  logger.log("info", "gateway.listening", { port: portOf(server) });

  const shards = await shardsOf(config, directory).catch((error: unknown) => {
    const cause = error instanceof BotTokenError ? "token-refused" : "fatal";
    startProblem = { cause, says: error instanceof Error ? error.message : "cannot start" };
    if (!signal.aborted) logger.log("error", "gateway.fatal", { message: startProblem.says });
    return null;
  });
  if (shards !== null) {
    startProblem = null;
    const { gatewayId, botToken } = config;
    const parts = { bridge, directory, logger, metrics, gatewayId, botToken, now, random };
    for (const shard of shards) hosts.set(shard.join("/"), new ShardHost(parts, shard));
    await Promise.all([...hosts.values()].map((host) => host.run(signal)));
  }
  await aborted(signal);
  server.close();
  server.closeAllConnections();
  logger.log("info", "gateway.stopped");
}

async function shardsOf({ shards }: GatewayConfig, directory: GatewayDirectory): Promise<readonly Shard[]> {
  if (shards !== "recommended") return shards;
  const { shards: count } = await directory.botInfo();
  if (count === null)
    throw new Error("Discord does not say how many shards there are to be: set RIG_SHARDS, such as 0/1.");
  return Array.from({ length: count }, (_, index): Shard => [index, count]);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function portOf(server: Server): number | null {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : null;
}
