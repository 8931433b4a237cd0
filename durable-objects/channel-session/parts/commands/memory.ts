import { drizzle } from "drizzle-orm/d1";
import { forgetFact, listFacts } from "../../../../d1/memory/facts.ts";
import type { Command, CommandReply } from "../../../../shared/commands/command.ts";
import { choiceText } from "../../../../shared/interaction/choice.ts";
import { factsSince } from "../../../../shared/memory/retention.ts";
import type { CommandContext } from "./context.ts";

/** What the agent remembers about whoever asks, and forgetting it. Nobody reaches what is known about somebody else. */
export async function answerMemory(
  command: Extract<Command, { name: "memory" }>,
  { env, agent, event, now }: CommandContext,
): Promise<CommandReply> {
  const db = drizzle(env.DB);
  const owner = { agent: agent.id, user: event.author.id };
  const since = factsSince(agent.character.memory, now());
  switch (command.do) {
    case "list": {
      const facts = await listFacts(db, owner, { since });
      if (facts.length === 0) return { text: "I remember nothing about you." };
      return { text: ["**What I remember about you**", ...facts.map(({ fact }) => `- ${fact}`)].join("\n") };
    }
    case "forget": {
      // Chosen from what was suggested, a long one is only its beginning.
      const known = (await listFacts(db, owner, { since })).map(({ fact }) => fact);
      const fact = known.find((text) => choiceText(text) === command.fact) ?? command.fact;
      return (await forgetFact(db, owner, fact, since))
        ? { text: `Forgotten: ${fact}` }
        : { text: "I remember nothing of that about you. `/memory list` shows what there is." };
    }
    default:
      return command satisfies never;
  }
}
