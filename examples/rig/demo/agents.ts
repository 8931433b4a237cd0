/** The agents of the rig as the demo runs them: the same characters, played by the demo model from its playbooks. */
import { defineAgents } from "../../../shared/character/registry.ts";
import conductorE from "../agents/conductor-e/character.json" with { type: "json" };
import devE from "../agents/dev-e/character.json" with { type: "json" };
import reviewE from "../agents/review-e/character.json" with { type: "json" };
import { playbooks } from "./playbooks.ts";

export const agents = defineAgents({
  "conductor-e": played(conductorE, playbooks["conductor-e"]),
  "dev-e": played(devE, playbooks["dev-e"]),
  "review-e": played(reviewE, playbooks["review-e"]),
});

function played<T extends { lore: string[]; llm: object }>(character: T, playbook: readonly string[]) {
  const { lore, llm } = character;
  return { ...character, lore: [...lore, ...playbook], llm: { ...llm, provider: "demo" } };
}
