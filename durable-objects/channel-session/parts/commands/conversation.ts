import type { Command, CommandReply } from "../../../../shared/commands/command.ts";
import { callSession } from "../../../clients/calls.ts";
import type { CommandContext } from "./context.ts";

/** Stops what was being answered when somebody asked for it; what began later goes on, however often this is run. */
export async function answerCancel(
  { conversation }: Extract<Command, { name: "cancel" | "reset" }>,
  { env, agent, askedAt }: CommandContext,
): Promise<CommandReply> {
  const address = { agent: agent.id, conversation };
  const isStopped = await callSession(env, address, async (session) =>
    session.stop({ begunBefore: askedAt }),
  );
  return {
    text: isStopped
      ? "Stopped."
      : "Nothing is being answered here. Where answers have threads of their own, use this in the thread.",
  };
}

/** Forgets a conversation, and stops what is being answered in it. */
export async function answerReset(
  { conversation }: Extract<Command, { name: "cancel" | "reset" }>,
  { env, agent }: CommandContext,
): Promise<CommandReply> {
  await callSession(env, { agent: agent.id, conversation }, async (session) => session.reset());
  return { text: "This conversation is forgotten. What I know about people stays; `/memory` shows it." };
}
