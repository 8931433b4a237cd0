/** What a user's client shows: commands they may use, messages and controls they can reach. */
import type { APIApplicationCommand } from "discord-api-types/v10";
import { type Component, findComponent } from "../components.ts";
import { unknownMessage } from "../problem.ts";
import type { MessageState } from "../state.ts";
import type { Store } from "../store.ts";
import type { CommandBook } from "./commands.ts";

/** Who looks, and where. */
export interface Viewer {
  channelId: string;
  userId: string;
}

const CONTEXT = { guild: 0, botDm: 1 } as const;
const ADMINISTRATOR = 1n << 3n;

/** Commands that a client offers somebody in a place. */
export function shownCommands(store: Store, commands: CommandBook, viewer: Viewer): APIApplicationCommand[] {
  return commands
    .usable(store.guildIdOf(viewer.channelId))
    .filter((command) => whyHidden(store, viewer, command) === null);
}

/** @throws Error when the client does not show such a command there */
export function shownCommand(
  store: Store,
  commands: CommandBook,
  viewer: Viewer,
  { type, name }: { type: number; name: string },
): APIApplicationCommand {
  const usable = commands.usable(store.guildIdOf(viewer.channelId));
  const command = usable.find((each) => each.type === type && each.name === name);
  if (command === undefined) throw new Error(`There is no command ${name} of type ${type}.`);
  const reason = whyHidden(store, viewer, command);
  if (reason !== null) throw new Error(reason);
  return command;
}

function whyHidden(
  store: Store,
  { channelId, userId }: Viewer,
  command: APIApplicationCommand,
): string | null {
  const { name, contexts, default_member_permissions: needed } = command;
  const guildId = store.guildIdOf(channelId);
  const context: number = guildId === undefined ? CONTEXT.botDm : CONTEXT.guild;
  if (contexts && !contexts.some((each) => each === context)) return `${name} cannot be used there.`;
  if (guildId !== undefined && !mayUse(store, guildId, userId, needed))
    return `${name} is not shown to a member without its permissions.`;
  return null;
}

/** `default_member_permissions`: all of them are needed, and for "0" those of an administrator. */
function mayUse(store: Store, guildId: string, userId: string, needed: string | null): boolean {
  if (needed === null) return true;
  const { ownerId, members } = store.guild(guildId);
  const has = BigInt(members.get(userId)?.permissions ?? 0);
  if (ownerId === userId || (has & ADMINISTRATOR) !== 0n) return true;
  return needed !== "0" && (has & BigInt(needed)) === BigInt(needed);
}

/** @throws DiscordProblem 10003 or 10008, also for a message that only another user sees */
export function shownMessage(store: Store, { channelId, userId }: Viewer, messageId: string): MessageState {
  const ephemeral = store.ephemerals.get(messageId);
  if (ephemeral === undefined) return store.message(channelId, messageId);
  if (ephemeral.ephemeralTo !== userId || ephemeral.channelId !== channelId) throw unknownMessage();
  return ephemeral;
}

/** @throws Error when there is nothing to press or to choose from */
export function enabledControl(message: MessageState, customId: string): Component {
  const component = findComponent(message, customId);
  if (component === undefined) throw new Error(`The message has no component ${customId}.`);
  if (component.disabled) throw new Error(`${customId} is disabled.`);
  return component;
}
