import { CONTEXT_MESSAGES } from "../../../../shared/llm/context.ts";
import { cutToTokens } from "../../../../shared/llm/cut-text.ts";
import { estimateTokens } from "../../../../shared/llm/tokens.ts";
import type { StepEntry } from "../../engine/journal.ts";
import type { TranscriptRow } from "../../engine/schema.ts";

/** A message that no summary holds yet. */
export type UnsummarisedMessage = Pick<TranscriptRow, "seq" | "role" | "content" | "at">;

/** A summary to make, and the step that journals it. */
export interface SummaryPlan {
  step: number;
  attempt: number;
  /** The oldest messages that no summary holds yet, long ones cut; the summary will hold them all. */
  messages: UnsummarisedMessage[];
}

/** How often a summary is tried whose call somehow kills the instance that makes it. */
const MAX_ATTEMPTS = 3;

/** How many of the newest messages a summary leaves alone: they are the conversation's present. */
const KEPT_MESSAGES = CONTEXT_MESSAGES / 2;

/**
 * Decides after a turn whether older messages are to be summarised, and which.
 *
 * It is time when the next prompt would no longer hold every message that no summary holds: when they are more than
 * {@link CONTEXT_MESSAGES}, or fill half of the model's window. The summary then runs ahead and covers all but the
 * newest, so that it is made once for a dozen messages and there is never a gap between it and what the prompt holds.
 *
 * As with {@link nextAction}, running and recovering are the same: a summary whose end is not journaled is made again.
 *
 * @param unsummarised oldest first.
 * @param steps journal of the newest turn, which the summary is charged to; it makes at most one.
 * @param contextWindow tokens.
 */
export function nextSummary(
  unsummarised: readonly UnsummarisedMessage[],
  steps: readonly StepEntry[],
  contextWindow: number,
): SummaryPlan | undefined {
  const begunAt = steps.findLastIndex(({ kind }) => kind === "summary");
  const begun = steps[begunAt];
  if (begun?.kind === "summary" && (begun.result || begun.failed || begun.attempt >= MAX_ATTEMPTS)) {
    return undefined;
  }
  const longest = Math.floor(contextWindow / 8);
  const sized = unsummarised.map((message) => {
    const content = cutToTokens(message.content, longest);
    return { message: { ...message, content }, tokens: estimateTokens(content) };
  });
  const total = sized.reduce((sum, { tokens }) => sum + tokens, 0);
  if (sized.length <= CONTEXT_MESSAGES && total <= contextWindow / 2) return undefined;

  const kept = newestWithin(sized, contextWindow / 4);
  const old = sized.slice(0, sized.length - kept);
  const messages = oldestWithin(old, contextWindow / 2);
  return {
    step: begunAt < 0 ? steps.length : begunAt,
    attempt: begun?.kind === "summary" ? begun.attempt + 1 : 1,
    messages,
  };
}

interface SizedMessage {
  message: UnsummarisedMessage;
  tokens: number;
}

/** How many of the newest messages stay out of the summary: at most {@link KEPT_MESSAGES}, and few enough to fit. */
function newestWithin(sized: readonly SizedMessage[], room: number): number {
  let left = room;
  let count = 0;
  for (const { tokens } of sized.slice(-KEPT_MESSAGES).reverse()) {
    left -= tokens;
    if (left < 0) break;
    count++;
  }
  return count;
}

/** As many of the oldest messages as one call can read; the rest is for the next summary. */
function oldestWithin(sized: readonly SizedMessage[], room: number): UnsummarisedMessage[] {
  let left = room;
  const messages: UnsummarisedMessage[] = [];
  for (const { message, tokens } of sized) {
    left -= tokens;
    if (left < 0) break;
    messages.push(message);
  }
  return messages;
}
