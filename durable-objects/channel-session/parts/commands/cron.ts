import type { Command, CommandReply } from "../../../../shared/commands/command.ts";
import { cronReply } from "../../../../shared/commands/cron-reply.ts";
import { inCode } from "../../../../shared/discord/in-code.ts";
import type { CommandContext } from "./context.ts";

/** The agent's jobs, or a run of one of them. The same event is the same run. */
export async function answerCron(
  command: Extract<Command, { name: "cron" }>,
  { env, agent, event, now }: CommandContext,
): Promise<CommandReply> {
  const schedule = env.CRON_SCHEDULE.getByName(agent.id);
  if (command.do === "list") return { text: cronReply(await schedule.list(), now()) };
  const { cron } = agent.character;
  const job = cron.find(({ id }) => id === command.job);
  if (!job) {
    const known = cron.map(({ id }) => inCode(id)).join(", ") || "none";
    return { text: `There is no job ${inCode(command.job)} here. Known: ${known}.` };
  }
  await schedule.start({ id: event.id.replace(/[^\w-]/g, "-"), job: job.id, prompt: job.prompt });
  return { text: `${inCode(job.id)} runs now. What it has to say goes where its runs always do.` };
}
