import type { CommandReply } from "../../../../shared/commands/command.ts";
import { inCode } from "../../../../shared/discord/in-code.ts";
import { describeProvider, type ProviderChoice } from "../../../../shared/llm/choose.ts";
import { expandProviderName } from "../../../../shared/llm/provider-name.ts";
import { activeProvider, nameOf, providersOf } from "../../../agent/providers.ts";
import { callHub } from "../../../clients/calls.ts";
import type { CommandContext } from "./context.ts";

/** Which providers there are, and which of them answers. */
export async function answerProvider({ env, agent }: CommandContext): Promise<CommandReply> {
  const active = nameOf(await activeProvider(agent, env));
  const lines = providersOf(agent, env).map((choice) => line(choice, nameOf(choice) === active));
  return { text: [`**Providers of ${agent.character.name}**`, ...lines].join("\n") };
}

function line(choice: ProviderChoice, isActive: boolean): string {
  const { name, model, ready, note } = describeProvider(choice);
  const state = ready ? `with ${inCode(model)}` : (note ?? "not ready");
  return `- ${inCode(name)} ${isActive ? "answers " : ""}${state}`;
}

/** Switches to a provider, for all conversations of the agent. What is being answered stays with the one it began with. */
export async function answerUse(wanted: string, { env, agent }: CommandContext): Promise<CommandReply> {
  const name = expandProviderName(wanted);
  const choices = providersOf(agent, env);
  const choice = choices.find((candidate) => nameOf(candidate) === name);
  const known = choices.map((candidate) => inCode(nameOf(candidate))).join(", ");
  if (!choice) return { text: `There is no provider ${inCode(name)} here. Known: ${known}.` };
  if (!choice.ready) return { text: `${choice.note} Nothing was switched.` };
  await callHub(env, agent.id, (hub) => hub.chooseProvider(nameOf(choice)));
  const { model } = describeProvider(choice);
  return { text: `${inCode(nameOf(choice))} answers from now on, with ${inCode(model)}.` };
}
