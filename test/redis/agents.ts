/** Agents of the tests with Redis, in place of agents/index.ts. */
import { defineAgents } from "../../shared/character/registry.ts";

const plain = (name: string) => ({
  name,
  personality: "You work.",
  tools: [],
  llm: { provider: "anthropic" },
});
const discord = { channels: ["#help"], threadMode: "none" };

export const agents = defineAgents({
  /** Two that are one agent of the rig, as during a move. */
  ...Object.fromEntries(
    ["one", "two"].map((id) => [
      id,
      { ...plain(id), assignments: { source: "redis", reclaimAfterSeconds: 600 } },
    ]),
  ),
  sharing: { ...plain("Sharing"), discord: { ...discord, sharedLock: "lock:{messageId}" } },
  /** Its Redis is away. */
  stranded: { ...plain("Stranded"), discord: { ...discord, sharedLock: "lock:{messageId}" } },
});
