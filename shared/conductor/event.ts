/** The rig's events: what is submitted, and what is kept. */
import * as z from "zod";
import { eventFields } from "./fields.ts";

export type EventType = keyof typeof eventFields;

/** Each event with its fields. `data` may hold more than its type says; it is kept as it came. */
export type RigEvent = {
  [Type in EventType]: { type: Type; data: z.infer<z.ZodObject<ReturnType<(typeof eventFields)[Type]>>> };
}[EventType];

/** An event with its place in the log. */
export type StoredEvent = RigEvent & {
  id: string;
  streamId: string;
  /** 1 for a stream's first event. */
  version: number;
  /** Unix milliseconds. */
  at: number;
};

/** An event as it is submitted. */
export interface Submission {
  event: RigEvent;
  streamId: string;
  /** The same id again is the same event: it is stored once. */
  eventId: string | undefined;
  /** Stored only if this is the version of the stream's last event (0: of none). */
  expectedVersion: number | undefined;
}

/** Longest `eventId`, in UTF-16 code units. */
const MAX_EVENT_ID = 200;

/** Ids that the conductor gives to its own events start with this; nobody else's do. */
export const OWN_EVENT_PREFIX = "conductor:";

const envelope = z.object({
  eventId: z
    .string("expected text")
    .min(1, "expected some text")
    .max(MAX_EVENT_ID, `expected at most ${MAX_EVENT_ID} characters`)
    .refine(
      (id) => !id.startsWith(OWN_EVENT_PREFIX),
      `expected an id that does not start with ${OWN_EVENT_PREFIX}`,
    )
    .nullish(),
  expectedVersion: z.int("expected a whole number").nonnegative("expected 0 or more").nullish(),
});

const objectBody = z.record(z.string(), z.unknown());

/**
 * Reads what `POST /api/events` gets: one flat object, `type` and the fields of that type beside each other.
 *
 * @param key the event's id where the body names none.
 * @returns what is wrong with it, when something is: `Unknown event type: X`, or each field that is missing or invalid.
 */
export function readSubmission(body: unknown, key?: string): Submission | { error: string } {
  const reading = objectBody.safeParse(body);
  if (!reading.success) return { error: "Expected a JSON object" };
  const { type, eventId, expectedVersion, ...fields } = reading.data;
  if (type === undefined || type === null || type === "") return { error: "Missing required field: type" };
  if (typeof type !== "string" || !isEventType(type)) {
    return {
      error: `Unknown event type: ${typeof type === "string" ? type.slice(0, 100) : JSON.stringify(type)}`,
    };
  }
  const how = envelope.safeParse({ eventId: eventId ?? key, expectedVersion });
  const what = readerOf(type).safeParse(fields);
  if (!how.success || !what.success) {
    const problems = [...(how.error?.issues ?? []), ...(what.error?.issues ?? [])];
    return { error: problems.map((problem) => describeProblem(problem, reading.data)).join("; ") };
  }
  const event = { type, data: what.data } as unknown as RigEvent;
  return {
    event,
    streamId: streamIdOf(event),
    eventId: how.data.eventId ?? undefined,
    expectedVersion: how.data.expectedVersion ?? undefined,
  };
}

/** The stream of an issue. */
export function issueStreamId(repo: string, number: number): string {
  return `${repo}#${number}`;
}

/** Where an event belongs: to its issue (`owner/name#12`), its agent (`dev-e`) or its milestone. */
export function streamIdOf(event: RigEvent): string {
  switch (event.type) {
    case "HEARTBEAT":
      return event.data.agentId;
    case "MILESTONE_COMPLETE":
      return `milestone:${event.data.repo ?? ""}:${event.data.milestone}`;
    case "AGENT_STUCK":
    case "TOKEN_USAGE": {
      const { repo, issueNumber, agentId } = event.data;
      return repo === undefined || issueNumber === undefined ? agentId : issueStreamId(repo, issueNumber);
    }
    default:
      return issueStreamId(event.data.repo, event.data.issueNumber);
  }
}

/** Whether a stream is an issue's, an agent's or a milestone's. */
export function streamKind(streamId: string): "issue" | "agent" | "milestone" {
  if (streamId.startsWith("milestone:")) return "milestone";
  return streamId.includes("#") ? "issue" : "agent";
}

/** An event type as streams show it: `ISSUE_APPROVED` is `IssueApproved`. */
export function eventName(type: EventType): string {
  return type.replaceAll(
    /([A-Z0-9])([A-Z0-9]*)_?/g,
    (_, first: string, rest: string) => first + rest.toLowerCase(),
  );
}

const readers = new Map<EventType, z.ZodType>();

function readerOf(type: EventType): z.ZodType {
  const reader = readers.get(type) ?? z.looseObject(eventFields[type]());
  readers.set(type, reader);
  return reader;
}

function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventFields, type);
}

function describeProblem({ path, message }: z.core.$ZodIssue, body: Record<string, unknown>): string {
  const [name] = path;
  const isMissing = path.length === 1 && (body[String(name)] ?? null) === null;
  return isMissing
    ? `Missing required field: ${String(name)}`
    : `Invalid field: ${path.join(".")}: ${message}`;
}
