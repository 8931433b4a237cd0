import type { CommandReply } from "../../../../shared/commands/command.ts";
import { statusReply } from "../../../../shared/commands/status-reply.ts";
import { describeProvider } from "../../../../shared/llm/choose.ts";
import { conductorOf, hasConductor } from "../../../agent/conductor-of.ts";
import { activeProvider } from "../../../agent/providers.ts";
import { readSpend } from "../../../agent/spend-of.ts";
import { type CommandContext, readIfPossible } from "./context.ts";

/** How the agent is, and how all agents of its rig are. */
export async function answerStatus(context: CommandContext): Promise<CommandReply> {
  const { agent, env } = context;
  const [choice, spend, rig] = await Promise.all([
    readIfPossible(context, "provider", activeProvider(agent, env)),
    readIfPossible(context, "spend", readSpend(agent, env)),
    hasConductor(agent, env)
      ? readIfPossible(context, "conductor", conductorOf(agent, env).overview())
      : undefined,
  ]);
  const provider = choice && describeProvider(choice);
  return { text: statusReply({ name: agent.character.name, provider, spend, rig }) };
}
