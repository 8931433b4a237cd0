/** What an agent is asked in a run that nobody watches, and how it says nothing. */

/** The answer of an agent that has nothing to say. */
export const QUIET = "[quiet]";

/** Whether an answer is to be kept from those who would read it: {@link QUIET}, or nothing at all. */
export function isQuiet(answer: string): boolean {
  const text = answer.trim();
  return text === "" || text.toLowerCase() === QUIET;
}

/** The rule as the model is told it. */
export const QUIET_RULE = `Nobody is waiting for an answer: what you answer is posted as it is. If there is nothing worth telling, answer exactly ${QUIET}, and nothing is posted.`;

/** The message of a scheduled run. `due`: Unix milliseconds. */
export function scheduledPrompt({ prompt, timezone }: { prompt: string; timezone: string }, due: number) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    dateStyle: "full",
    timeStyle: "short",
  });
  return `${prompt}\n\n(This is a scheduled run, due ${format.format(due)} ${timezone}. ${QUIET_RULE})`;
}

/** The message of a run by hand whose answer is posted. */
export function manualPrompt(prompt: string): string {
  return `${prompt}\n\n(This is a run that was started by hand. ${QUIET_RULE})`;
}
