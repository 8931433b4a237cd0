/** Answers commands. Running one twice has the effect of running it once, for a crash may fall between it and its record. */
import type { Command, CommandReply } from "../../../../shared/commands/command.ts";
import { spendReply } from "../../../../shared/commands/spend-reply.ts";
import { readSpend } from "../../../agent/spend-of.ts";
import type { CommandContext } from "./context.ts";
import { answerCancel, answerReset } from "./conversation.ts";
import { answerCron } from "./cron.ts";
import { answerMemory } from "./memory.ts";
import { answerModel } from "./model.ts";
import { answerProvider, answerUse } from "./providers.ts";
import { answerStatus } from "./status.ts";

/** What goes wrong becomes an answer too: whoever asked can ask again, and nobody else will. */
export async function runCommand(command: Command, context: CommandContext): Promise<CommandReply> {
  try {
    return await answer(command, context);
  } catch (error) {
    context.log.log("error", "command.failed", { command: command.name, cause: String(error) });
    return { text: "That did not work just now. Please try again in a moment." };
  }
}

async function answer(command: Command, context: CommandContext): Promise<CommandReply> {
  switch (command.name) {
    case "status":
      return answerStatus(context);
    case "provider":
      return answerProvider(context);
    case "use":
      return answerUse(command.provider, context);
    case "model":
      return answerModel(command.model, context);
    case "cancel":
      return answerCancel(command, context);
    case "reset":
      return answerReset(command, context);
    case "memory":
      return answerMemory(command, context);
    case "cost": {
      const { agent, env } = context;
      return { text: spendReply(agent.character.name, await readSpend(agent, env)) };
    }
    case "cron":
      return answerCron(command, context);
    default:
      return command satisfies never;
  }
}
