/** `rig commands sync`: an agent's slash and menu commands, as Discord shows them. */
import { parseArgs } from "node:util";
import { DiscordError } from "../shared/discord/errors.ts";
import type { DiscordRest } from "../shared/discord/rest.ts";
import { applicationCommands, type CommandScope } from "../shared/interaction/definitions.ts";
import { applicationId, fetchRegistered, overwriteCommands } from "./commands/application.ts";
import { compareCommands, isSame } from "./commands/difference.ts";
import { readCommand } from "./commands/registered.ts";
import { renderDifference, summarize } from "./commands/render.ts";
import { type AgentBot, type DiscordCommandIo, runForBot, terminalIo, tokenNames } from "./discord/bot.ts";

const usage = `Usage: rig commands sync <agent> [--guild <id>] [--dry-run]

Shows how the commands that Discord has differ from those of the agent, and puts these in their place. Commands of the
application that the agent does not have are removed; the entry point of an Activity stays.
  --guild    register on this server alone, at once visible there, beside those that are everywhere
  --dry-run  show the difference, change nothing

DISCORD_BOT_TOKEN, and DISCORD_APPLICATION_ID where it is set, are read from the shell, else from .dev.vars; for the
agent dev-e DEV_E__DISCORD_BOT_TOKEN goes first.
`;

/**
 * Runs the command.
 *
 * @param argv what follows `rig commands`
 * @returns the exit code: 0, 1 when Discord does not do it, 2 for a wrong call
 */
export async function runCommands(argv: readonly string[], given?: DiscordCommandIo): Promise<number> {
  const io = given ?? (await terminalIo());
  return runForBot(readOptions(argv), usage, io, (bot, options) => syncFor(bot, options, io));
}

async function syncFor(bot: AgentBot, options: Options, io: DiscordCommandIo): Promise<number> {
  if (bot.rest === null) {
    io.writeError(`Set ${tokenNames(bot.id)} to the token of the agent's bot.\n`);
    return 1;
  }
  try {
    io.write(await sync(bot, bot.rest, options));
    return 0;
  } catch (error) {
    if (!(error instanceof DiscordError)) throw error;
    io.writeError(`${error.message}\n${adviceOn(error)}`);
    return 1;
  }
}

async function sync(
  { id, character, secret }: AgentBot,
  rest: DiscordRest,
  { scope, isDryRun }: Options,
): Promise<string> {
  const application = await applicationId(rest, secret("DISCORD_APPLICATION_ID"));
  const { commands, entryPoint } = await fetchRegistered(rest, application, scope);
  const definitions = applicationCommands(character, scope);
  const difference = compareCommands(commands, definitions.map(readCommand), scope.kind);
  const where = scope.kind === "guild" ? `server ${scope.guildId}` : "everywhere";
  const head = `${id}: application ${application}, ${where}\n`;
  if (isSame(difference))
    return `${head}Nothing to do: all ${difference.unchanged.length} commands are registered.\n`;
  const kept = entryPoint === null ? "" : `    ${entryPoint.name}: the entry point of an Activity, kept\n`;
  const shown = head + renderDifference(difference) + kept;
  if (isDryRun) return `${shown}Nothing was changed; without --dry-run: ${summarize(difference)}.\n`;
  await overwriteCommands(rest, application, scope, { definitions, entryPoint });
  return `${shown}Registered ${definitions.length} commands.\n`;
}

/** What to do about what Discord does not take, where that is known. */
function adviceOn({ code }: DiscordError): string {
  switch (code) {
    case "unauthorized":
      return "Discord refuses the bot token: copy it again from the Developer Portal, Bot → Reset Token.\n";
    case "forbidden":
      return "The application may not do that there: invite it with the scope applications.commands.\n";
    case "not_found":
      return "Discord knows no such application or server: check DISCORD_APPLICATION_ID and --guild.\n";
    case "bad_request":
    case "rate_limited":
    case "unavailable":
    case "blocked":
      return "";
    default:
      return code satisfies never;
  }
}

interface Options {
  agent: string;
  scope: CommandScope;
  isDryRun: boolean;
  help: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        guild: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { guild, help, "dry-run": isDryRun } = values;
    const [act, agent = "", ...rest] = positionals;
    const isWrong =
      act !== "sync" ||
      agent === "" ||
      rest.length > 0 ||
      (guild !== undefined && !/^\d{15,21}$/.test(guild));
    if (isWrong && !help) return undefined;
    const scope: CommandScope = guild === undefined ? { kind: "global" } : { kind: "guild", guildId: guild };
    return { agent, scope, isDryRun, help };
  } catch {
    // parseArgs' way of saying that it does not know an option.
    return undefined;
  }
}
