/** The agents of the rig. */
import { defineAgents } from "../../../shared/character/registry.ts";
import conductorE from "./conductor-e/character.json" with { type: "json" };
import devE from "./dev-e/character.json" with { type: "json" };
import reviewE from "./review-e/character.json" with { type: "json" };

export const agents = defineAgents({
  "conductor-e": conductorE,
  "dev-e": devE,
  "review-e": reviewE,
});
