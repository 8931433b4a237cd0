/** `memory`: what an agent remembers, and how long. */
import * as z from "zod";

/** `12h`, `30d`, `2w`, `6m` (months of 30 days), `1y`, or `indefinite`. */
export const retention = z.string().regex(/^(\d+[hdwmy]|indefinite)$/, {
  error: 'a duration such as "12h", "30d", "2w", "6m", "1y", or "indefinite"',
});

/** How long conversations, patterns and facts are kept, and whether the agent has tools for them. */
export const memorySection = z.object({
  conversationRetention: retention.default("30d").describe("How long messages are kept."),
  patternRetention: retention
    .default("indefinite")
    .describe("How long a learned pattern is kept after it was told last."),
  historyRetention: retention
    .default("indefinite")
    .describe("How long a fact about a user is kept after it was told last."),
  tools: z
    .boolean()
    .default(true)
    .describe("Whether the agent has the tools `remember`, `recall` and `forget`."),
});
