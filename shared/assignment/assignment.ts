/** An issue that an agent is to work on, wherever it comes from. */
import type { Author, InboundEvent, ReplyTarget } from "../session/event.ts";
import { assignmentPrompt } from "./prompt.ts";

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
