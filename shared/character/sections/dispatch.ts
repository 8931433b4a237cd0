/** `dispatch` and `queue`: what one turn answers, and how much may wait. */
import * as z from "zod";

/** How waiting messages become turns. */
export const dispatchModes = ["per-message", "per-thread", "per-lane"] as const;

export const dispatchSection = z
  .enum(dispatchModes)
  .default("per-message")
  .describe(
    "What one turn answers: per-message, one message; per-thread, all messages that wait; per-lane, all that wait from one sender.",
  );

export const queueSection = z.object({
  maxWaiting: z
    .int()
    .min(1)
    .max(1000)
    .default(50)
    .describe("Messages that may wait in a conversation; a further one is told that the agent is busy."),
  maxBatchMessages: z
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe("Messages that one turn answers at the most."),
  maxBatchTokens: z
    .int()
    .min(1)
    .default(8000)
    .describe(
      "Tokens (estimated) of the messages that one turn answers; a longer single message is answered alone.",
    ),
});
