/** `rig doctor`: looks at everything that an agent needs in Discord, and says what to do about each finding. */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { Character } from "../shared/character/schema.ts";
import { DiscordError } from "../shared/discord/errors.ts";
import type { DiscordRest } from "../shared/discord/rest.ts";
import { type DiscordSettings, discordSettings } from "../shared/discord/settings.ts";
import { applicationCommands } from "../shared/interaction/definitions.ts";
import { fetchRegistered } from "./commands/application.ts";
import { compareCommands, isSame } from "./commands/difference.ts";
import { readCommand } from "./commands/registered.ts";
import { summarize } from "./commands/render.ts";
import { type AgentBot, type DiscordCommandIo, runForBot, terminalIo, tokenNames } from "./discord/bot.ts";
import { type ApplicationFacts, applicationFindings } from "./doctor/application.ts";
import { channelFindings } from "./doctor/channels.ts";
import { type EndpointFacts, endpointFindings, endpointPath } from "./doctor/endpoint.ts";
import { type Finding, ok, renderFindings, wrong } from "./doctor/finding.ts";
import { ChannelFinder, fetchApplication, fetchBot } from "./doctor/look-at-discord.ts";
import { haveDiscordVerify, pingAsStranger } from "./doctor/look-at-endpoint.ts";
import { lookAtWorker } from "./doctor/look-at-worker.ts";
import { workerFindings } from "./doctor/worker.ts";
import { findTarget, type Target } from "./target.ts";

const usage = `Usage: rig doctor <agent> [--url <origin>] [--set-endpoint]

Looks at the agent's bot, application, intents, commands, interactions endpoint, channels and gateway, and says what to do
about each finding. No secret is shown.
  --url           the deployment, such as https://rig-edge.example.workers.dev (default: the local run, if there is one)
  --set-endpoint  have Discord send the agent's interactions to that deployment

DISCORD_BOT_TOKEN, DISCORD_APPLICATION_ID and DISCORD_PUBLIC_KEY are read from the shell, else from .dev.vars; for the agent
dev-e DEV_E__DISCORD_BOT_TOKEN goes first. ADMIN_TOKEN is read as rig login-link reads it.

An endpoint that is set is tested by Discord itself: the same URL is set once more, and Discord sends it a PING that it has
signed and one with a wrong signature.

The exit code is 0 when nothing is wrong, 1 when something is, 2 for a wrong call.
`;

/** @see DiscordCommandIo */
export interface DoctorIo extends DiscordCommandIo {
  /** Where the Worker is, or why nobody knows. */
  findWorker(url: string | undefined): Promise<Target>;
}

/**
 * Runs the command.
 *
 * @param argv what follows `rig doctor`
 * @returns the exit code
 */
export async function runDoctor(argv: readonly string[], given?: DoctorIo): Promise<number> {
  const io = given ?? { ...(await terminalIo()), findWorker: findTarget };
  return runForBot(readOptions(argv), usage, io, (bot, options) => examine(bot, options, io));
}

async function examine(bot: AgentBot, options: Options, io: DoctorIo): Promise<number> {
  const worker = await lookAtWorker(bot.id, await io.findWorker(options.url));
  const settings = discordSettings(bot.character);
  const findings = [
    ...(await discordFindings(bot, settings, options)),
    ...workerFindings(bot.id, worker, settings),
  ];
  io.write(renderFindings(bot.id, findings));
  return findings.some(({ status }) => status === "wrong") ? 1 : 0;
}

/** Everything that Discord knows. Without a token that it takes there is nothing to ask. */
async function discordFindings(
  bot: AgentBot,
  settings: DiscordSettings,
  options: Options,
): Promise<Finding[]> {
  const { id, rest } = bot;
  const about = "token";
  if (rest === null) {
    const todo = `set ${tokenNames(id)} in the shell or in .dev.vars; the Worker gets its own by npx wrangler secret put`;
    return [wrong(about, "there is no bot token here", todo)];
  }
  const self = await looked(about, () => fetchBot(rest));
  const application = await looked("application", () => fetchApplication(rest));
  if ([self, application].some((each) => "failed" in each && each.isTokenRefused)) {
    const todo = "Developer Portal → Bot → Reset Token, and set the new one";
    return [wrong(about, "Discord refuses the bot token", todo)];
  }
  return [
    "value" in self ? ok(about, `that of ${self.value.username}`) : self.failed,
    ...("value" in application
      ? await findingsOfApplication(bot, rest, { settings, application: application.value, options })
      : [application.failed]),
    ...("value" in self ? await findingsOfChannels(rest, self.value.id, settings) : []),
  ];
}

/** What came of a look at Discord. */
type Looked<T> = { value: T } | { failed: Finding; isTokenRefused: boolean };

/** Looks at one thing; that it cannot be looked at is a finding too, and the others go on. */
async function looked<T>(about: string, look: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    const todo = "try again, from a machine that reaches Discord";
    const failed = wrong(about, `Discord cannot be asked: ${error.message}`, todo);
    return { failed, isTokenRefused: error.code === "unauthorized" };
  }
}

async function findingsOfApplication(
  { id, secret, character }: AgentBot,
  rest: DiscordRest,
  given: { settings: DiscordSettings; application: ApplicationFacts; options: Options },
): Promise<Finding[]> {
  const { settings, application, options } = given;
  const configured = {
    applicationId: secret("DISCORD_APPLICATION_ID"),
    publicKey: secret("DISCORD_PUBLIC_KEY"),
  };
  const commands = await looked("commands", () =>
    commandFinding(id, character, { rest, application: application.id }),
  );
  const endpoint = await looked("endpoint", () => lookAtEndpoint(id, rest, { application, options }));
  return [
    ...applicationFindings(application, configured, settings),
    "value" in commands ? commands.value : commands.failed,
    ...("value" in endpoint ? endpointFindings(endpoint.value) : [endpoint.failed]),
  ];
}

async function findingsOfChannels(
  rest: DiscordRest,
  botId: string,
  settings: DiscordSettings,
): Promise<Finding[]> {
  const finder = new ChannelFinder(rest, botId, Date.now);
  const found = await Promise.all(settings.channels.map((entry) => finder.find(entry)));
  return channelFindings(settings, found.flat());
}

async function commandFinding(
  agent: string,
  character: Character,
  { rest, application }: { rest: DiscordRest; application: string },
): Promise<Finding> {
  const scope = { kind: "global" } as const;
  const { commands } = await fetchRegistered(rest, application, scope);
  const wanted = applicationCommands(character, scope).map(readCommand);
  const difference = compareCommands(commands, wanted, scope.kind);
  if (isSame(difference)) return ok("commands", `all ${wanted.length} are registered`);
  return wrong("commands", summarize(difference), `npx rig commands sync ${agent}`);
}

/** Knocks where Discord's interactions go, or would go. */
async function lookAtEndpoint(
  agent: string,
  rest: DiscordRest,
  { application, options }: { application: ApplicationFacts; options: Options },
): Promise<EndpointFacts> {
  const expected = options.url === undefined ? null : new URL(endpointPath(agent), options.url).href;
  const asked = options.setEndpoint ? expected : application.endpointUrl;
  const address = asked ?? expected;
  const stranger = { applicationId: application.id, now: Date.now(), randomBytes };
  const strangers = address === null ? null : await pingAsStranger(address, stranger);
  const verification = asked === null ? null : await haveDiscordVerify(rest, asked);
  // What Discord refuses leaves the old one in place.
  const configured = verification && "verified" in verification ? asked : application.endpointUrl;
  return { agent, expected, configured, strangers, verification, publicKey: application.publicKey };
}

interface Options {
  agent: string;
  url: string | undefined;
  setEndpoint: boolean;
  help: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        url: { type: "string" },
        "set-endpoint": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { url, help, "set-endpoint": setEndpoint } = values;
    const [agent = "", ...rest] = positionals;
    const isWrong = agent === "" || rest.length > 0 || (url === undefined ? setEndpoint : !URL.canParse(url));
    return isWrong && !help ? undefined : { agent, url, setEndpoint, help };
  } catch {
    // parseArgs' way of saying that it does not know an option.
    return undefined;
  }
}
