/** Every agent of this deployment: one import and one entry per folder. `rig check` says when the two disagree. */
import { defineAgents } from "../shared/character/registry.ts";
import assistant from "./assistant/character.json" with { type: "json" };
import exampleE from "./example-e/character.json" with { type: "json" };

export const agents = defineAgents({
  "example-e": exampleE,
  assistant,
});

/** Id of an agent of this deployment. */
export type AgentId = (typeof agents.ids)[number];
