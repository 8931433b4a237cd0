/** An issue that an agent is to work on, wherever it comes from. */
import type { Author, InboundEvent, ReplyTarget } from "../session/event.ts";

/** Plain data; it is stored while the work goes on. */
export interface Assignment {
  /** `owner/name#12`, or what takes its place where no issue is named. */
  stream: string;
  /** What tells this assignment of the stream from others: the attempt, or the entry's id in its stream. */
  round: string;
  /** `null` when it names no issue. */
  issue: { repo: string; issueNumber: number } | null;
  title: string;
  /** The issue's text, where it came along. */
  body: string;
  /** Whatever else it says, in its order. */
  details: readonly (readonly [name: string, value: string])[];
}

const CONDUCTOR: Author = { id: "assignment", name: "Conductor" };

/** Marks the event of an assignment, so that its session tells the hub when it is over. */
const EVENT_PREFIX = "assignment:";

/** Most characters of an issue's text that the agent is told; the rest it can read where the issue is. */
const MAX_BODY = 20_000;
/** Most characters of any other field. */
const MAX_DETAIL = 1_000;

export function isAssignmentEvent({ id }: Pick<InboundEvent, "id">): boolean {
  return id.startsWith(EVENT_PREFIX);
}

/** All attempts at an issue share one conversation, so that the agent knows what it did the last time. */
export function assignmentConversation({ stream }: Pick<Assignment, "stream">): string {
  return `assignment:${stream}`;
}

/**
 * Identity of the event for ever.
 *
 * @param again how often the conductor has given the same attempt anew, as after an issue was taken back: 0 for the first.
 */
export function assignmentEventId(
  { stream, round }: Pick<Assignment, "stream" | "round">,
  again = 0,
): string {
  return `${EVENT_PREFIX}${stream}:${round}${again === 0 ? "" : `:${again + 1}`}`;
}

export function assignmentEvent(id: string, assignment: Assignment, target: ReplyTarget): InboundEvent {
  return { id, author: CONDUCTOR, text: assignmentPrompt(assignment), target };
}

/** What an agent is asked when an issue is assigned to it. */
function assignmentPrompt({ stream, title, body, details }: Assignment): string {
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
