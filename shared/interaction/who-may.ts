/** Who may use an agent's commands and buttons. */
import type { Command } from "../commands/command.ts";
import { PERMISSIONS } from "../discord/permissions.ts";
import type { DiscordSettings } from "../discord/settings.ts";
import { isAllowedUser, isListedUser } from "../discord/who-is-answered.ts";
import type { Happening, InteractionUser } from "./interaction.ts";

/** The settings that decide. The list of channels is not among them: there Discord's own command permissions hold. */
export type Admissions = Pick<DiscordSettings, "dm" | "allowedUsers" | "allowedRoles">;

/** Why somebody is not answered, in words for them; `null`: they are. */
export function refusalFor({ user, place }: Happening, settings: Admissions): string | null {
  if (place.context !== "guild" && !settings.dm) return "I answer on servers only, not in direct messages.";
  return isAllowedUser(user, settings) ? null : "I am not allowed to answer you.";
}

/** Why somebody may not give a command that changes the agent for all; `null`: they may. */
export function commandRefusal(
  command: Command,
  user: InteractionUser,
  { allowedUsers }: Admissions,
): string | null {
  if (!isForManagers(command) || managesServer(user) || allowedUsers.includes(user.id)) return null;
  return "Only somebody who manages this server, or whom my settings name, may do that.";
}

/** Whether somebody may press the buttons under an answer that others asked for. */
export function isTrusted(user: InteractionUser, settings: Admissions): boolean {
  return isListedUser(user, settings) || managesServer(user);
}

function isForManagers(command: Command): boolean {
  switch (command.name) {
    case "use":
    case "model":
      return true;
    case "cron":
      return command.do === "run";
    case "status":
    case "provider":
    case "cancel":
    case "reset":
    case "memory":
    case "cost":
      return false;
    default:
      return command satisfies never;
  }
}

/** An administrator may do everything (Discord, "Permissions"). */
function managesServer({ permissions }: InteractionUser): boolean {
  return (permissions & (PERMISSIONS.MANAGE_GUILD | PERMISSIONS.ADMINISTRATOR)) !== 0n;
}
