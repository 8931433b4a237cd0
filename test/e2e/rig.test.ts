/** The coordination of the original's rig, from a label on GitHub to done, through the doors of a deployed rig. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RigStage, startRigStage } from "../../examples/rig/demo/stage.ts";
import { playStory, type Told } from "../../examples/rig/demo/story.ts";

let stage: RigStage;
let told: Told;

beforeAll(async () => {
  stage = await startRigStage();
  told = await playStory(stage, () => {});
});

afterAll(() => stage[Symbol.asyncDispose]());

/** What an agent asked of GitHub, in order. */
const asked = (agent: string) =>
  stage.github.requests.flatMap((request) =>
    request.startsWith(`${agent}: `) ? [request.slice(agent.length + 2)] : [],
  );

const said = (agent: string) => stage.posts().flatMap((post) => (post.agent === agent ? [post.text] : []));

describe("an issue that a person labels agent-ready", () => {
  it("is approved, assigned, worked on, reviewed, merged and done, each step by the agent whose it is", () => {
    expect(told.events.map(({ type, data }) => [type, data.agentId])).toEqual([
      ["IssueApproved", undefined],
      ["IssueAssigned", "dev-e"],
      ["WorkStarted", "dev-e"],
      ["BranchCreated", "dev-e"],
      ["PrCreated", "dev-e"],
      ["ReviewPassed", "review-e"],
      ["Merged", undefined],
      ["IssueDone", undefined],
    ]);
    expect(told.issues).toEqual([
      expect.objectContaining({
        streamId: "acme/shop#12",
        title: "Totals are rounded twice",
        state: "done",
        agentId: "dev-e",
        branch: "issue-12",
        prNumber: 13,
        review: "passed",
      }),
    ]);
  });

  it("is found by conductor-e, which searches GitHub for what is ready, again by the clock", () => {
    expect(asked("conductor-e")).toEqual(["GET /search/issues", "GET /search/issues"]);
    expect(said("conductor-e")).toEqual([
      expect.stringContaining("Approved: 1"),
      expect.stringContaining("#12 is merged with #13, and done."),
    ]);
  });

  it("becomes a branch, a commit and a pull request by dev-e", () => {
    expect(asked("dev-e")).toEqual([
      "GET /repos/acme/shop/issues/12",
      "GET /repos/acme/shop/git/ref/heads/main",
      "POST /repos/acme/shop/git/refs",
      "PUT /repos/acme/shop/contents/demo%2Fnote.md",
      "POST /repos/acme/shop/pulls",
    ]);
    expect(said("dev-e")).toEqual([expect.stringContaining("Opened pull request #13 for #12")]);
  });

  it("is read and approved by review-e, and closed by the merge", () => {
    expect(asked("review-e").toSorted()).toEqual([
      "GET /repos/acme/shop/pulls/13",
      "GET /repos/acme/shop/pulls/13/files",
      "POST /repos/acme/shop/pulls/13/reviews",
    ]);
    expect(said("review-e")).toEqual([expect.stringContaining("Approved #13.")]);
    expect(stage.github.repository.pulls.get(13)).toMatchObject({ merged: true, user: { login: "dev-e" } });
    expect(stage.github.repository.issues.get(12)?.state).toBe("closed");
  });
});

it("is told by /status, which asks no model", () => {
  expect(told.status.split("\n")).toEqual([
    expect.stringMatching(/^\*\*Conductor-E\*\* is answered by `demo`/),
    expect.stringMatching(/^- Spent today \$0 /),
    "",
    "**Rig**",
    "- 🟢 `conductor-e` idle · demo",
    "- 🟢 `dev-e` idle · demo",
    "- 🟢 `review-e` idle · demo",
    "- Issues: 1 done",
  ]);
});

it("keeps the coordination loop quiet when nothing has changed", () => {
  expect(told.runs).toEqual([{ trigger: "schedule", state: "succeeded", quiet: true }]);
});

it("hears the heartbeat of every agent", () => {
  expect(told.agents.map(({ agentId, status }) => [agentId, status]).toSorted()).toEqual([
    ["conductor-e", "idle"],
    ["dev-e", "idle"],
    ["review-e", "idle"],
  ]);
});
