/**
 * Everything that a message passes on its way from a user to the answer, each a process or a server of its own: the fake
 * Discord, gateways, a proxy between them and the Worker, the Worker as it is deployed, and the fake model API.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MortalWorker, startMortalWorker } from "../torture/mortal-worker.ts";
import { type BridgeProxy, startBridgeProxy } from "./bridge-proxy.ts";
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from "./discord/fake-discord.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";

export interface DiscordStage extends AsyncDisposable {
  readonly discord: FakeDiscord;
  readonly model: ModelServer;
  readonly worker: MortalWorker;
  readonly proxy: BridgeProxy;
  /** The Worker's bundle, with its source map. */
  readonly bundle: string;
  /** A gateway of {@link StageOptions.agent}; `id` names it. It ends with the stage. @param workerUrl default: the proxy. */
  startGateway(id: string, workerUrl?: string): GatewayProcess;
}

export interface StageOptions {
  /** An agent of test/support/agents.ts that lives in Discord. */
  agent: string;
  discord?: FakeDiscordOptions;
  /** Default: the Worker as it is deployed, with the agents of the tests. */
  startWorker?: typeof startMortalWorker;
  /** Decides which requests of the bridge are struck by the proxy's faults. */
  random?: () => number;
}

export const BRIDGE_SECRET = "stage-bridge-secret";

export async function startDiscordStage(options: StageOptions): Promise<DiscordStage> {
  const { startWorker = startMortalWorker } = options;
  await using cleanup = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "rig-stage-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  const [discord, model] = await Promise.all([startFakeDiscord(options.discord), startModelServer()]);
  cleanup.defer(() => discord.close());
  cleanup.defer(() => model.close());
  const worker = cleanup.use(
    await startWorker(directory, {
      ANTHROPIC_API_KEY: "sk-ant-stage",
      ANTHROPIC_BASE_URL: model.url,
      DISCORD_API_BASE_URL: discord.restUrl,
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_PUBLIC_KEY: discord.world.publicKey(),
      BRIDGE_SECRET,
    }),
  );
  const proxy = cleanup.use(await startBridgeProxy(() => worker.url(), options.random));
  const processes = cleanup.use(new AsyncDisposableStack());
  const owned = cleanup.move();
  return {
    discord,
    model,
    worker,
    proxy,
    bundle: join(directory, "bundle"),
    startGateway: (id, workerUrl = proxy.url) =>
      processes.use(
        startGatewayProcess({
          agent: options.agent,
          id,
          workerUrl,
          discordUrl: discord.restUrl,
          botToken: discord.token,
          bridgeSecret: BRIDGE_SECRET,
        }),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
