/** `budget`: what an agent may spend on its models. */
import * as z from "zod";

const ceiling = z.number().min(0).optional();

/** Ceilings in US dollars. They are checked before each model call; at one, the agent says so instead of answering. */
export const budgetSection = z.object({
  dailyUsd: ceiling.describe("Most US dollars per day, which begins at 00:00 UTC. No ceiling without it."),
  monthlyUsd: ceiling.describe("Most US dollars per calendar month (UTC). No ceiling without it."),
});

/** Ceilings of one agent. Neither: it may spend without limit. */
export type Budget = z.infer<typeof budgetSection>;
