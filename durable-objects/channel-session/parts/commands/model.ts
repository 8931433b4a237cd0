import { llmFor } from "../../../../shared/character/llm.ts";
import type { CommandReply } from "../../../../shared/commands/command.ts";
import { type ControlRow, writeControlId } from "../../../../shared/discord/controls.ts";
import { inCode } from "../../../../shared/discord/in-code.ts";
import { describeProvider } from "../../../../shared/llm/choose.ts";
import { activeProvider, providersOf } from "../../../agent/providers.ts";
import { callHub } from "../../../clients/calls.ts";
import type { CommandContext } from "./context.ts";

/**
 * Switches the active provider to one of the models that the character offers, for all conversations of the agent; without
 * `wanted`, shows them to be chosen from. What is being answered stays with the model it began with.
 */
export async function answerModel(
  wanted: string | undefined,
  { env, agent }: CommandContext,
): Promise<CommandReply> {
  const { name, model } = describeProvider(await activeProvider(agent, env));
  const own = providersOf(agent, env)
    .map(describeProvider)
    .find((provider) => provider.name === name);
  const { models = [] } = llmFor(agent.character, name);
  const offered = [...new Set([own?.model ?? model, ...models])];
  if (wanted !== undefined) {
    if (!offered.includes(wanted)) {
      const known = offered.map((each) => inCode(each)).join(", ");
      return { text: `${inCode(wanted)} is not offered with ${inCode(name)}. Offered: ${known}.` };
    }
    await callHub(env, agent.id, (hub) => hub.chooseModel(name, wanted));
    return { text: `${inCode(wanted)} answers from now on.` };
  }
  const text = `${inCode(model)} answers, by ${inCode(name)}.`;
  if (offered.length > 1) return { text, controls: modelSelect(offered, model) };
  return { text: `${text} There is no other: \`llm.models\` in the character offers them.` };
}

function modelSelect(offered: readonly string[], active: string): ControlRow[] {
  const id = writeControlId({ action: "model" });
  if (id === null) return [];
  const options = offered.map((model) => ({ label: model, value: model, isDefault: model === active }));
  return [[{ kind: "select", id, placeholder: "Choose a model", options }]];
}
