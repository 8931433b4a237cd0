import type { Assignment } from "./assignment.ts";

/** Most characters of an issue's text that the agent is told; the rest it can read where the issue is. */
const MAX_BODY = 20_000;
/** Most characters of any other field. */
const MAX_DETAIL = 1_000;

/** What an agent is asked when an issue is assigned to it. */
export function assignmentPrompt({ stream, title, body, details }: Assignment): string {
  const told = details
    .filter(([, value]) => value.trim() !== "")
    .map(([name, value]) => `- ${name}: ${cut(value.trim(), MAX_DETAIL)}`);
  return [
    `You have been assigned ${stream}${title === "" ? "" : `: ${title}`}`,
    ...(body.trim() === "" ? [] : [cut(body.trim(), MAX_BODY)]),
    ...(told.length === 0 ? [] : [told.join("\n")]),
    "Work on it now. Nobody is there to be asked, so decide yourself, and report to the conductor what your tools let you report. Your answer says what you did and what is left.",
  ].join("\n\n");
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}\n[cut]` : text;
}
