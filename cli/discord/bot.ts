/** The bot of an agent, as a command on this machine speaks for it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { AgentRegistry } from "../../shared/character/registry.ts";
import type { Character } from "../../shared/character/schema.ts";
import { type SecretReader, secretNames, secretReader } from "../../shared/character/secrets.ts";
import { DISCORD_API, DiscordRest } from "../../shared/discord/rest.ts";
import { sleep } from "../../shared/time/sleep.ts";
import { projectRoot } from "../project.ts";

/** Where a command that speaks to Discord finds what it needs, and where it writes. */
export interface DiscordCommandIo {
  agents: AgentRegistry;
  /** Settings by name. */
  environment: Readonly<Record<string, string | undefined>>;
  write(text: string): void;
  writeError(text: string): void;
}

/** The terminal: this project's agents, with the settings of the shell before those of .dev.vars. */
export async function terminalIo(): Promise<DiscordCommandIo> {
  const { agents } = await import("../../agents/index.ts");
  const devVars = parseEnv(await readFile(join(projectRoot, ".dev.vars"), "utf8").catch(() => ""));
  return {
    agents,
    environment: { ...devVars, ...process.env },
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  };
}

/** An agent with its settings, and with its bot where there is a token for it. */
export interface AgentBot {
  id: string;
  character: Character;
  secret: SecretReader;
  /** `null`: neither of {@link tokenNames} is set. */
  rest: DiscordRest | null;
}

/** The variables that may hold an agent's bot token, for people. */
export function tokenNames(agent: string): string {
  return secretNames(agent, "DISCORD_BOT_TOKEN").join(" or ");
}

/**
 * Runs a command that speaks for an agent's bot: prints its usage where it was called wrongly or asked for help, and why there
 * is no such agent.
 *
 * @param options what was read of the command line; `undefined`: a wrong call.
 * @returns the exit code: that of `act`, 0 for help, 2 for a wrong call
 */
export async function runForBot<Options extends { agent: string; help: boolean }>(
  options: Options | undefined,
  usage: string,
  io: DiscordCommandIo,
  act: (bot: AgentBot, options: Options) => Promise<number>,
): Promise<number> {
  if (options === undefined) {
    io.writeError(usage);
    return 2;
  }
  if (options.help) {
    io.write(usage);
    return 0;
  }
  const bot = findBot(options.agent, io);
  if (typeof bot !== "string") return act(bot, options);
  io.writeError(`${bot}\n`);
  return 2;
}

/**
 * Finds an agent by id.
 *
 * @returns a text that says why there is none.
 * @throws CharacterError when its `character.json` cannot be read.
 */
function findBot(id: string, { agents, environment }: DiscordCommandIo): AgentBot | string {
  const agent = agents.get(id);
  if (agent === undefined) return `There is no agent "${id}". Agents: ${agents.ids.join(", ")}.`;
  const secret = secretReader(environment, id);
  const token = secret("DISCORD_BOT_TOKEN");
  const baseUrl = (secret("DISCORD_API_BASE_URL") ?? DISCORD_API).replace(/\/+$/, "");
  const rest =
    token === undefined
      ? null
      : new DiscordRest({
          ...{ baseUrl, token, sleep },
          fetch: (url, init) => fetch(url, init),
          now: Date.now,
          random: Math.random,
        });
  return { id, character: agent.character, secret, rest };
}
