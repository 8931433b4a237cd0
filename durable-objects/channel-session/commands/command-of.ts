import type { Command } from "../../../shared/commands/command.ts";
import { readTextCommand } from "../../../shared/commands/text-command.ts";
import type { InboundEvent } from "../../../shared/session/event.ts";

/** The command that an event is, or `null`. What a program has written for the agent is never one. */
export function commandOf({ command, target, text, attachments }: InboundEvent): Command | null {
  if (command) return command;
  const isWritten = target.kind === "chat" || (target.kind === "discord" && target.messageId !== undefined);
  return isWritten && !attachments?.length ? readTextCommand(text) : null;
}
