/** An application's commands at Discord: which there are, and all of them at once in their place. */
import * as z from "zod";
import type { DiscordRest } from "../../shared/discord/rest.ts";
import type { CommandDefinition, CommandScope } from "../../shared/interaction/definitions.ts";
import { type EntryPoint, type Registered, registered } from "./registered.ts";

const application = z.object({ id: z.string() });

/**
 * The id of the bot's application, which Discord is asked for where nobody has set it.
 *
 * @throws DiscordError
 */
export async function applicationId(rest: DiscordRest, configured: string | undefined): Promise<string> {
  return configured ?? (await rest.read(application, { method: "GET", path: "/applications/@me" })).id;
}

/** @throws DiscordError */
export async function fetchRegistered(
  rest: DiscordRest,
  application: string,
  scope: CommandScope,
): Promise<Registered> {
  const path = `${pathOf(application, scope)}?with_localizations=true`;
  return rest.read(registered, { method: "GET", path });
}

/**
 * "Bulk Overwrite": afterwards there are these commands, and the entry point.
 *
 * @throws DiscordError
 */
export async function overwriteCommands(
  rest: DiscordRest,
  application: string,
  scope: CommandScope,
  { definitions, entryPoint }: { definitions: readonly CommandDefinition[]; entryPoint: EntryPoint | null },
): Promise<void> {
  const body = entryPoint === null ? definitions : [...definitions, entryPoint];
  await rest.request({ method: "PUT", path: pathOf(application, scope), body });
}

function pathOf(application: string, scope: CommandScope): string {
  const guild = scope.kind === "guild" ? `/guilds/${scope.guildId}` : "";
  return `/applications/${application}${guild}/commands`;
}
