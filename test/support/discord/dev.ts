/**
 * `npm run dev:discord`: an agent in a Discord of its own, without a bot and without a network. Starts the fake Discord,
 * the Worker (`npm start`) and the gateway, and says where to write as a user. Nothing of it is kept.
 *
 *     npm run dev:discord -- --agent assistant --port 8790
 *
 * With an ANTHROPIC_API_KEY (or another provider's) in the shell or in .dev.vars the model is real; without one the demo
 * model answers.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { agents } from "../../../agents/index.ts";
import { settingsFrom } from "../../../cli/settings.ts";
import { freePort } from "../../../cli/start/port.ts";
import { stopRequest } from "../../../cli/start/stop-request.ts";
import type { Character } from "../../../shared/character/schema.ts";
import { PERMISSIONS } from "../../../shared/discord/permissions.ts";
import { applicationCommands } from "../../../shared/interaction/definitions.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import { startRig } from "../rig-process.ts";
import { startFakeDiscord } from "./fake-discord.ts";
import { ALL_PERMISSIONS } from "./permissions.ts";
import type { World } from "./world.ts";

const usage = `Usage: npm run dev:discord -- [--agent <id>] [--port <number>]

  --agent  who lives in this Discord: ${agents.ids.join(", ")} (default: ${agents.ids[0]})
  --port   where its client listens on 127.0.0.1 (default: 8790; when it is taken, the next free one)
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  const agent = options?.agent === undefined ? undefined : agents.get(options.agent);
  if (options === undefined || agent === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const stop = stopRequest();
  await using running = new AsyncDisposableStack();
  const started = start(options.agent, agent.character, options.port, running);
  // What fails after the stop was asked for, fails because of it.
  started.catch(() => {});
  try {
    const urls = await Promise.race([started, stop]);
    if (urls)
      process.stdout.write(
        `\nDiscord     ${urls.discord}\nPlayground  ${urls.playground}\n\nCtrl-C ends it.\n`,
      );
    await stop;
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function readOptions(): { agent: string; port: number } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        agent: { type: "string", default: agents.ids[0] },
        port: { type: "string", default: "8790" },
      },
    });
    const port = Number(values.port);
    const isPort = Number.isInteger(port) && port >= 0 && port < 65_536;
    return values.agent === undefined || !isPort ? undefined : { agent: values.agent, port };
  } catch {
    return undefined;
  }
}

/** @param running takes what has to end with the run. */
async function start(agent: string, character: Character, firstPort: number, running: AsyncDisposableStack) {
  const stateDirectory = await mkdtemp(join(tmpdir(), "rig-dev-discord-"));
  running.defer(() => rm(stateDirectory, { recursive: true, force: true }));
  const port = await freePort(firstPort, "127.0.0.1");
  const discord = await startFakeDiscord({ port, bot: { username: agent, globalName: character.name } });
  running.defer(() => discord.close());
  settle(discord.world, character);
  discord.world.setCommands(applicationCommands(character, { kind: "global" }));

  process.stderr.write("Starting the Worker …\n");
  const bridgeSecret = randomBytes(32).toString("hex");
  const starting = startRig({
    stateDirectory,
    settings: {
      ...settingsFrom(process.env, agents),
      DISCORD_API_BASE_URL: discord.restUrl,
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_APPLICATION_ID: discord.world.bot().id,
      DISCORD_PUBLIC_KEY: discord.world.publicKey(),
      BRIDGE_SECRET: bridgeSecret,
    },
  });
  running.defer(async () => (await starting.catch(() => null))?.stop());
  const rig = await starting;
  // Nobody would end what begins after the stop.
  if (running.disposed) return null;
  discord.world.setInteractionsEndpoint(`${rig.url}/agents/${agent}/interactions`);

  process.stderr.write("Starting the gateway …\n");
  const gateway = startGatewayProcess({
    agent,
    workerUrl: rig.url,
    discordUrl: discord.restUrl,
    botToken: discord.token,
    bridgeSecret,
  });
  running.defer(async () => {
    await gateway.terminate();
  });
  await gateway.ready();
  return { discord: discord.clientUrl, playground: rig.login };
}

/**
 * A guild with the agent's channels and one without it, and two people: one alone cannot interrupt. The first may manage the
 * guild, which some commands ask for; the second sees what others see.
 */
function settle(world: World, { messaging, discord }: Character): void {
  const you = world.createUser({ username: "you", globalName: "You" });
  const sam = world.createUser({ username: "sam", globalName: "Sam" });
  const guild = world.createGuild("Home");
  world.join(guild.id, you.id, { permissions: String(BigInt(ALL_PERMISSIONS) | PERMISSIONS.MANAGE_GUILD) });
  world.join(guild.id, sam.id);
  for (const channel of (messaging?.config ?? discord)?.channels ?? []) {
    const topic = "The agent listens here";
    if (channel.startsWith("#")) world.createChannel(guild.id, channel.slice(1), { topic });
    else world.createChannel(guild.id, "by-id", { topic, id: channel });
  }
  world.createChannel(guild.id, "elsewhere", { topic: "The agent does not listen here" });
  for (const { id } of [you, sam]) world.openDm(id);
}
