/** `memory`: how long an agent remembers. */
import * as z from "zod";

/** `12h`, `30d`, `2w`, `6m` (months of 30 days), `1y`, or `indefinite`. */
const retention = z.string().regex(/^(\d+[hdwmy]|indefinite)$/, {
  error: 'a duration such as "12h", "30d", "2w", "6m", "1y", or "indefinite"',
});

/** How long conversations, patterns and history are kept. */
export const memorySection = z.object({
  conversationRetention: retention.default("30d").describe("How long messages are kept."),
  patternRetention: retention.default("indefinite").describe("How long learned patterns are kept."),
  historyRetention: retention.default("indefinite").describe("How long the history of events is kept."),
});
