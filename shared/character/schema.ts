/**
 * The `character.json` format, read once at the edge of the system. Every field of the original runtime is accepted;
 * unknown fields are ignored here and reported by `rig check`.
 *
 * Each field describes itself: `agents/character.schema.json`, which editors use, is generated from this schema.
 */
import * as z from "zod";
import { assignmentsSection } from "./sections/assignments.ts";
import { budgetSection } from "./sections/budget.ts";
import { commandsSection } from "./sections/commands.ts";
import { cronSection } from "./sections/cron.ts";
import { discordSection, messagingSection } from "./sections/discord.ts";
import { dispatchSection, queueSection } from "./sections/dispatch.ts";
import { llmSection } from "./sections/llm.ts";
import { memorySection } from "./sections/memory.ts";
import { someText } from "./sections/text.ts";
import { mcpServersSection, toolsSection } from "./sections/tools.ts";
import { heartbeatSection, webhooksSection } from "./sections/triggers.ts";

export { providerNames } from "./sections/llm.ts";

const styleSection = z.object({
  language: z.string().default("English").describe("Language of the answers."),
  tone: z.string().default("helpful").describe("How the answers sound."),
  format: z.string().default("concise").describe("What the answers look like."),
});

const messageExample = z.object({
  user: z.string().describe("What a user writes."),
  agent: z.string().describe("How the agent answers."),
});

/**
 * Reads one parsed `character.json`. Prefer `readCharacter`, which also takes `null` for an absent field, as the
 * original did, and explains problems in plain words.
 */
export const characterSchema = z.object({
  $schema: z.string().optional().describe("JSON Schema of this file, for editors."),
  name: someText.describe("Display name."),
  bio: z.string().default("").describe("One line about the agent."),
  personality: someText.describe("Who the agent is; the beginning of its system prompt."),
  lore: z.array(z.string()).default([]).describe("Background knowledge, one fact per entry."),
  style: styleSection.prefault({}).describe("How the agent writes."),
  messageExamples: z.array(messageExample).default([]).describe("Examples of a message and its answer."),
  tools: toolsSection.default([]).describe("HTTP APIs the agent may call."),
  mcpServers: mcpServersSection.default({}).describe("MCP servers by name."),
  messaging: messagingSection.optional().describe("Where the agent listens; replaces `discord`."),
  discord: discordSection.optional().describe("Where the agent listens in Discord."),
  memory: memorySection.prefault({}).describe("What the agent remembers, and how long."),
  dispatch: dispatchSection,
  queue: queueSection.prefault({}).describe("How much may wait while the agent answers."),
  llm: llmSection.prefault({}).describe("Which model answers."),
  budget: budgetSection.prefault({}).describe("What the agent may spend on its models."),
  commands: commandsSection
    .default([])
    .describe("Application commands of its own; `rig commands sync` registers them."),
  cron: cronSection.default([]).describe("Scheduled prompts: one job or a list."),
  webhooks: webhooksSection
    .default({})
    .describe("Webhooks by source: POST /agents/<agent>/webhook/<source>."),
  heartbeat: heartbeatSection.optional().describe("Status ping for operators. Sent while this is here."),
  assignments: assignmentsSection.optional().describe("Takes issues from a conductor and works on them."),
});

/** One agent's configuration with every default filled in. */
export type Character = z.infer<typeof characterSchema>;
