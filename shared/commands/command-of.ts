import type { InboundEvent } from "../session/event.ts";
import type { Command } from "./command.ts";
import { readTextCommand } from "./text-command.ts";

/** The command that an event is, or `null`. What a program has written for the agent is never one. */
export function commandOf({ command, target, text, attachments }: InboundEvent): Command | null {
  if (command) return command;
  const isWritten = target.kind === "chat" || (target.kind === "discord" && target.messageId !== undefined);
  return isWritten && !attachments?.length ? readTextCommand(text) : null;
}
