import examples from "@octokit/webhooks-examples";
import { describe, expect, it } from "vitest";
import { describeGithubEvent } from "../../../shared/webhook/github.ts";

const samples = examples.flatMap(({ name, examples: payloads }) =>
  payloads.map((payload, index) => ({ event: name as string, payload: payload as unknown, index })),
);

describe("an event of GitHub's", () => {
  it("is one paragraph that says what happened and where, for every real payload", () => {
    expect(samples.length).toBeGreaterThanOrEqual(329);
    for (const { event, payload, index } of samples) {
      const told = describeGithubEvent(event, payload);
      const where = `${event} ${index}: ${told}`;
      expect(told, where).toMatch(/^[^\n\r]{15,2500}\.$/);
      expect(told, where).not.toMatch(/undefined|null|NaN|\[object/);
      const { repository, action, sender } = payload as {
        repository?: { full_name?: string };
        action?: string;
        sender?: { login?: string };
      };
      if (repository?.full_name) expect(told, where).toContain(repository.full_name);
      if (action && event !== "push") expect(told, where).toContain(action.replaceAll("_", " "));
      if (sender?.login && !event.startsWith("check_")) expect(told, where).toContain(sender.login);
    }
  });

  it("is told even when nothing in it is as expected", () => {
    for (const { event } of samples) {
      for (const payload of [null, 7, "x", [], {}, { action: {}, issue: [], pull_request: 1, commits: "x" }])
        expect(describeGithubEvent(event, payload)).toMatch(/^[^\n]+\.$/);
    }
  });

  it.each([
    [
      "pull_request",
      {
        action: "closed",
        sender: { login: "ann" },
        repository: { full_name: "octo/repo" },
        pull_request: {
          ...{ number: 7, title: "Fix\nthe pump", merged: true, user: { login: "bob" } },
          ...{ head: { ref: "pump" }, base: { ref: "main" }, changed_files: 2, additions: 10, deletions: 3 },
          ...{ html_url: "https://github.com/octo/repo/pull/7", body: "It leaked.\r\n\r\nNow it does not." },
        },
      },
      "ann merged pull request #7 “Fix the pump” in octo/repo. Author: bob. pump → main. 2 files, +10 −3. https://github.com/octo/repo/pull/7. Description: “It leaked. Now it does not.”.",
    ],
    [
      "pull_request_review",
      {
        action: "submitted",
        sender: { login: "ann" },
        repository: { full_name: "octo/repo" },
        pull_request: { number: 7, title: "Fix" },
        review: { state: "changes_requested", body: "Please test it.", html_url: "https://github.com/r" },
      },
      "ann submitted a review of pull request #7 “Fix” in octo/repo. Verdict: changes requested. https://github.com/r. Review: “Please test it.”.",
    ],
    [
      "check_run",
      {
        action: "completed",
        repository: { full_name: "octo/repo" },
        check_run: {
          ...{
            name: "test",
            conclusion: "timed_out",
            head_sha: "0123456789ab",
            html_url: "https://github.com/c",
          },
          ...{ check_suite: { head_branch: "pump" }, pull_requests: [{ number: 7 }] },
        },
      },
      "check run test completed in octo/repo. Result: timed out. Commit 0123456 on pump. Pull requests: #7. https://github.com/c.",
    ],
    [
      "check_suite",
      {
        action: "completed",
        repository: { full_name: "octo/repo" },
        check_suite: {
          app: { name: "Actions" },
          conclusion: "success",
          head_sha: "0123456789ab",
          head_branch: "main",
        },
      },
      "check suite of Actions completed in octo/repo. Result: success. Commit 0123456 on main.",
    ],
    [
      "issues",
      {
        action: "labeled",
        sender: { login: "ann" },
        repository: { full_name: "octo/repo" },
        label: { name: "agent-ready" },
        issue: {
          number: 3,
          title: "It leaks",
          labels: [{ name: "bug" }, { name: "agent-ready" }],
          user: { login: "ann" },
        },
      },
      "ann labeled issue #3 “It leaks” in octo/repo. Label: agent-ready. Labels: bug, agent-ready.",
    ],
    [
      "issue_comment",
      {
        action: "created",
        sender: { login: "ann" },
        repository: { full_name: "octo/repo" },
        issue: { number: 7, title: "Fix", pull_request: {} },
        comment: { body: "Looks good.", html_url: "https://github.com/x" },
      },
      "ann created a comment on pull request #7 “Fix” in octo/repo. https://github.com/x. Comment: “Looks good.”.",
    ],
    [
      "push",
      {
        ...{
          ref: "refs/heads/main",
          forced: true,
          sender: { login: "ann" },
          compare: "https://github.com/compare",
        },
        repository: { full_name: "octo/repo" },
        commits: ["one", "two\n\nmore", "three", "four", "five", "six"].map((message, index) => ({
          id: `${index}123456789`,
          message,
        })),
      },
      "ann force-pushed 6 commits to main in octo/repo. 1123456 two; 2123456 three; 3123456 four; 4123456 five; 5123456 six, and 1 before. https://github.com/compare.",
    ],
    [
      "star",
      {
        action: "created",
        sender: { login: "ann" },
        repository: { full_name: "octo/repo" },
        starred_at: "now",
      },
      "star, created by ann in octo/repo.",
    ],
  ])("%s reads as a person would tell it", (event, payload, told) => {
    expect(describeGithubEvent(event, payload)).toBe(told);
  });
});
