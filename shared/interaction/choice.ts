/** Completions of what somebody types into an option (Discord, "Application Command Option Choice"). */

/** Most choices that Discord takes. */
export const MAX_CHOICES = 25;
/** Longest name and value of one, in UTF-16 code units. */
const MAX_TEXT = 100;

/** One completion: what is shown, and what is sent with the command. Both are made by {@link choiceText}. */
export interface Choice {
  name: string;
  value: string;
}

/**
 * A text as a choice can carry it: of one that is too long, its beginning and an ellipsis. What a command brings back may be
 * such a beginning, so it is looked for by comparing choices, not texts.
 */
export function choiceText(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
