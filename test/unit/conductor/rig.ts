/** A rig in memory: what tests tell it, one event after another. */
import { type RigEvent, readSubmission, type StoredEvent } from "../../../shared/conductor/event.ts";
import { applyToIssue, type Issue } from "../../../shared/conductor/issue.ts";

/** Reads a body that is right, as its stream's event of a version. */
export function storedEvent(body: Record<string, unknown>, { version = 1, at = 0 } = {}): StoredEvent {
  const reading = readSubmission(body);
  if ("error" in reading) throw new Error(reading.error);
  const { event, streamId } = reading;
  return { ...event, id: crypto.randomUUID(), streamId, version, at };
}

/** An event about the issue acme/shop#1. */
export function shopEvent(type: RigEvent["type"], fields: Record<string, unknown> = {}) {
  return { type, repo: "acme/shop", issueNumber: 1, ...fields };
}

/** The issue acme/shop#1 after its approval and these events, a second apart. */
export function issueAfter(...events: Record<string, unknown>[]): Issue {
  const all = [shopEvent("ISSUE_APPROVED", { title: "Fix it" }), ...events];
  const issue = all
    .map((body, index) => storedEvent(body, { version: index + 1, at: index * 1000 }))
    .reduce<Issue | null>(applyToIssue, null);
  if (issue === null) throw new Error("an approved issue is one");
  return issue;
}
