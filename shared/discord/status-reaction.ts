/** The state of an answer as a reaction to the message that it answers. */

/** How far an answer is. */
export type AnswerStatus = "queued" | "thinking" | "tool" | "done" | "error";

/** How long a status has to last before it is shown, in milliseconds. */
export const DEBOUNCE_MS = 700;

const EMOJI: Record<AnswerStatus, string> = {
  queued: "👀",
  thinking: "🤔",
  tool: "🔥",
  done: "🆗",
  error: "😱",
};

/** Reactions that an instance which died may have left. */
export const MAYBE_LEFT: readonly string[] = [EMOJI.queued, EMOJI.thinking, EMOJI.tool];

/** One request. */
export type ReactionAction = { do: "add" | "remove"; emoji: string } | { do: "nothing" };

/**
 * The next request that leaves the status as the only reaction of ours: the new one comes before the old ones go, so that
 * the message does not jump.
 *
 * @param status `null`: none is wanted.
 * @param shown reactions of ours that are there, or may be.
 */
export function nextReaction(status: AnswerStatus | null, shown: ReadonlySet<string>): ReactionAction {
  const wanted = status === null ? null : EMOJI[status];
  if (wanted !== null && !shown.has(wanted)) return { do: "add", emoji: wanted };
  for (const emoji of shown) if (emoji !== wanted) return { do: "remove", emoji };
  return { do: "nothing" };
}
