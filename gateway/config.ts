/** The pod's environment, read once and as a whole. */
import type { Shard } from "../shared/bridge/protocol.ts";
import { LOG_LEVEL_VARIABLE, LOG_LEVELS, type LogLevel, readLogLevel } from "../shared/log.ts";

export interface GatewayConfig {
  agent: string;
  /** Where the Worker is; no path. */
  workerUrl: URL;
  bridgeSecret: string;
  botToken: string;
  /** Discord's REST API with its version, without a slash at the end. */
  discordApiBaseUrl: string;
  /** `recommended`: all shards that `GET /gateway/bot` asks for. */
  shards: readonly Shard[] | "recommended";
  /** Names this process among the gateways of an agent. */
  gatewayId: string;
  port: number;
  logLevel: LogLevel;
}

/** A configuration, or everything that is wrong with it; no problem shows a secret. */
export type ConfigReading = { config: GatewayConfig } | { problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** @param defaultId the gateway's id where `RIG_GATEWAY_ID` is not set. */
export function readConfig(environment: Environment, defaultId: string): ConfigReading {
  const problems: string[] = [];
  const wrong = (name: string, expected: string) => problems.push(`${name}: expected ${expected}.`);
  const value = (name: string) => environment[name]?.trim() ?? "";

  const agent = value("RIG_AGENT");
  if (agent.length > 64 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(agent))
    wrong("RIG_AGENT", "the agent's id, such as dev-e");
  const workerUrl = readOrigin(value("RIG_WORKER_URL"));
  if (workerUrl === null)
    wrong(
      "RIG_WORKER_URL",
      "the Worker's address without a path, such as https://rig-edge.example.workers.dev",
    );
  const bridgeSecret = value("BRIDGE_SECRET");
  if (bridgeSecret === "") wrong("BRIDGE_SECRET", "the secret that the Worker has under this name");
  const botToken = value("DISCORD_BOT_TOKEN").replace(/^Bot\s+/i, "");
  if (!/^[\x21-\x7e]+$/.test(botToken)) wrong("DISCORD_BOT_TOKEN", "the bot's token");
  const api = value("DISCORD_API_BASE_URL") || "https://discord.com/api/v10";
  if (!isHttpUrl(api)) wrong("DISCORD_API_BASE_URL", "an http or https address");
  const shards = readShards(value("RIG_SHARDS"));
  if (shards === null) wrong("RIG_SHARDS", 'indexes and number of shards, such as "0/1" or "0,1/4"');
  const gatewayId = value("RIG_GATEWAY_ID") || defaultId;
  if (!/^[\w.:-]{1,100}$/.test(gatewayId)) wrong("RIG_GATEWAY_ID", "1 to 100 letters, digits, - _ . or :");
  const port = Number(value("PORT") || "8080");
  if (!Number.isInteger(port) || port < 0 || port > 65_535) wrong("PORT", "a port number; 0 for any");
  const logLevel = readLogLevel(value(LOG_LEVEL_VARIABLE));
  if (logLevel === undefined) wrong(LOG_LEVEL_VARIABLE, `one of ${LOG_LEVELS.join(", ")}`);

  if (problems.length > 0 || workerUrl === null || shards === null || logLevel === undefined)
    return { problems };
  const discordApiBaseUrl = api.replace(/\/+$/, "");
  return {
    config: {
      agent,
      workerUrl,
      bridgeSecret,
      botToken,
      discordApiBaseUrl,
      shards,
      gatewayId,
      port,
      logLevel,
    },
  };
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text);
}

function readOrigin(text: string): URL | null {
  if (!isHttpUrl(text)) return null;
  const url = new URL(text);
  return url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "" ? url : null;
}

function readShards(text: string): readonly Shard[] | "recommended" | null {
  if (text === "") return "recommended";
  const { indexes, count } = /^(?<indexes>\d+(,\d+)*)\/(?<count>\d+)$/.exec(text)?.groups ?? {};
  if (indexes === undefined || count === undefined) return null;
  const numbers = [...new Set(indexes.split(",").map(Number))];
  if (numbers.some((index) => index >= Number(count))) return null;
  return numbers.map((index): Shard => [index, Number(count)]);
}
