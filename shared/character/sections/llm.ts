/** `llm`: which model answers, and within which bounds. */
import * as z from "zod";
import type { ProviderName } from "../../llm/provider.ts";
import { someText } from "./text.ts";

/** Every provider a `character.json` may name. */
export const providerNames = [
  "anthropic",
  "openai-api",
  "demo",
  "claude-cli",
  "codex-cli",
] as const satisfies readonly ProviderName[];

const fields = {
  model: someText.describe(
    "The model's name as its API spells it. Without it the provider's default answers.",
  ),
  models: z
    .array(someText)
    .max(24)
    .describe("Further models that people may switch to with /model; without it there is nothing to switch."),
  api: z
    .enum(["responses", "chat-completions"])
    .describe("Which OpenAI API to speak. Compatible servers usually know chat-completions only."),
  temperature: z.number().min(0).max(2).describe("0 to 1 (Anthropic) or 0 to 2 (OpenAI)."),
  maxTokens: z.int().min(1).describe("Upper bound of output tokens per model call."),
  maxTurns: z.int().min(1).describe("Rounds a CLI provider may take per message."),
  maxToolRounds: z.int().min(0).max(50).describe("Rounds of tool calls per message."),
  timeoutMs: z.int().min(1000).describe("Milliseconds until a model call is given up."),
  search: z.boolean().describe("Lets the provider search the web, where it can."),
  authMode: z.string().describe("How a CLI provider logs in: `device-auth` asks a person to open a URL."),
  passMcpToCli: z.boolean().describe("Hands `mcpServers` to a CLI provider."),
  dangerouslyBypassApprovalsAndSandbox: z
    .boolean()
    .describe("Runs a CLI provider without approvals and without its sandbox. Only in an isolated runner."),
};

const overrides = z.object(fields).partial().describe("Fields that differ while this provider is active.");

/** Written out so that each provider's fields are known by name; an unknown provider's entry is ignored like any unknown field. */
const overridesByProvider = z
  .object({
    anthropic: overrides,
    "openai-api": overrides,
    demo: overrides,
    "claude-cli": overrides,
    "codex-cli": overrides,
  } satisfies Record<ProviderName, typeof overrides>)
  .partial();

/** The provider, its bounds, and what differs when another provider is active. */
export const llmSection = z.object({
  provider: z
    .enum(providerNames)
    .optional()
    .describe("The provider that answers; anthropic when there is none. `*-cli` providers need a runner."),
  model: fields.model.optional(),
  models: fields.models.optional(),
  api: fields.api.optional(),
  temperature: fields.temperature.default(0.3),
  maxTokens: fields.maxTokens.default(4096),
  maxTurns: fields.maxTurns.default(10),
  maxToolRounds: fields.maxToolRounds.default(5),
  timeoutMs: fields.timeoutMs.default(300_000),
  search: fields.search.default(false),
  authMode: fields.authMode.optional(),
  passMcpToCli: fields.passMcpToCli.default(false),
  dangerouslyBypassApprovalsAndSandbox: fields.dangerouslyBypassApprovalsAndSandbox.default(false),
  fallbackProviders: z
    .array(z.enum(providerNames))
    .default([])
    .describe("Providers a person may switch to. Nothing switches by itself."),
  providers: overridesByProvider.prefault({}).describe("Overrides by provider."),
});
