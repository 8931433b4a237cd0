import { describe, expect, it } from "vitest";
import {
  assignmentConversation,
  assignmentEvent,
  assignmentEventId,
  isAssignmentEvent,
} from "../../../shared/assignment/assignment.ts";
import { readEntry } from "../../../shared/assignment/redis-entry.ts";

const entry = (fields: Record<string, string>) => readEntry({ id: "1719-0", fields: Object.entries(fields) });
const issue = { repo: "acme/shop", issueNumber: "12", title: "A bug" };

describe("an assignment", () => {
  it("of an issue shares the issue's conversation, and is an event of its own each time", () => {
    const assignment = entry(issue);
    expect(assignmentConversation(assignment)).toBe("assignment:acme/shop#12");
    const ids = [0, 1, 2].map((again) => assignmentEventId(assignment, again));
    expect(ids).toEqual([
      "assignment:acme/shop#12:1719-0",
      "assignment:acme/shop#12:1719-0:2",
      "assignment:acme/shop#12:1719-0:3",
    ]);
    const event = assignmentEvent(ids[0] ?? "", assignment, { kind: "none" });
    expect(isAssignmentEvent(event)).toBe(true);
    expect(isAssignmentEvent({ id: "cron:daily" })).toBe(false);
  });

  it("tells the agent everything that the entry says, cut where it is endless", () => {
    const { text } = assignmentEvent(
      "assignment:x",
      entry({ ...issue, body: "b".repeat(30_000), tools: "jq", empty: " " }),
      { kind: "none" },
    );
    expect(text).toMatch(
      /^You have been assigned acme\/shop#12: A bug\n\nb{20000}\n\[cut\]\n\n- tools: jq\n\nWork on it now\./,
    );
  });

  it.each([
    ["no repository", { ...issue, repo: "" }],
    ["a repository that would end its stream's id", { ...issue, repo: "a#b" }],
    ["no number", { ...issue, issueNumber: "twelve" }],
    ["a number below 1", { ...issue, issueNumber: "0" }],
  ])("with %s is no issue's, and loses nothing", (_, fields) => {
    const read = entry(fields);
    expect(read).toMatchObject({ issue: null, stream: "entry-1719-0", title: "A bug" });
    expect(read.details).toEqual([
      ["repo", fields.repo],
      ["issueNumber", fields.issueNumber],
    ]);
  });
});
