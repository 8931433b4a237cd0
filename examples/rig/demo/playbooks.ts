/**
 * What the demo model does in the place of an AI: one playbook for each thing that an agent is asked. A real model needs none of
 * them; it is led by what stands in the character files. How they are read: shared/llm/demo-playbook.ts.
 */

/** The repository that the agents look after in the demo. */
export const DEMO_REPO = "acme/shop";

const issue = { repo: "{owner}/{repo}", issueNumber: "{issue}" };
const at = { owner: "{owner}", repo: "{repo}" };

/** By agent: lines of the system prompt. */
export const playbooks = {
  "conductor-e": [
    ...playbook("Run the coordination loop", [
      call("get_healthz_deep", {}),
      call("get_api_queue", {}),
      call("get_api_issues", {}),
      call("get_search_issues", { query: { q: `is:issue is:open label:agent-ready repo:${DEMO_REPO}` } }),
      `for each of 4.items whose number is not an issueNumber of 3, ${call("post_api_events", {
        body: {
          type: "ISSUE_APPROVED",
          eventId: `approved:${DEMO_REPO}#{item.number}`,
          repo: DEMO_REPO,
          issueNumber: "{item.number}",
          title: "{item.title}",
        },
      })}`,
      "if 5 did nothing, say [quiet]",
      "say The event store is {1.overall}. Approved: {count.5}, now in the queue.",
    ]),
    ...playbook(
      "Pull request {owner}/{repo}#{pr} on branch issue-{issue} was closed, merged: true, as {sha}",
      [
        call("post_api_events", { body: { type: "MERGED", ...issue, prNumber: "{pr}", mergeSha: "{sha}" } }),
        call("post_api_events", { body: { type: "ISSUE_DONE", ...issue } }),
        "say #{issue} is merged with #{pr}, and done.",
      ],
    ),
  ],
  "dev-e": playbook("You have been assigned {owner}/{repo}#{issue}", [
    call("get_repos_owner_repo_issues_number", { ...at, number: "{issue}" }),
    call("get_repos_owner_repo_git_ref_heads_branch", { ...at, branch: "main" }),
    call("post_repos_owner_repo_git_refs", {
      ...at,
      body: { ref: "refs/heads/issue-{issue}", sha: "{2.object.sha}" },
    }),
    event("BRANCH_CREATED", "dev-e", { branch: "issue-{issue}" }),
    call("put_repos_owner_repo_contents_path", {
      ...at,
      path: "demo/note.md",
      body: {
        message: "A note in the place of a change",
        content: btoa("The demo model writes no code: this note stands where a change would.\n"),
        branch: "issue-{issue}",
      },
    }),
    call("post_repos_owner_repo_pulls", {
      ...at,
      body: { title: "{1.title}", body: "Closes #{issue}", head: "issue-{issue}", base: "main" },
    }),
    event("PR_CREATED", "dev-e", {
      branch: "issue-{issue}",
      prNumber: "{6.number}",
      prUrl: "{6.html_url}",
    }),
    "say Opened pull request #{6.number} for #{issue}: {6.html_url}",
  ]),
  "review-e": playbook("Review pull request {owner}/{repo}#{pr} on branch issue-{issue}.", [
    call("get_repos_owner_repo_pulls_number", { ...at, number: "{pr}" }),
    call("get_repos_owner_repo_pulls_number_files", { ...at, number: "{pr}" }),
    call("post_repos_owner_repo_pulls_number_reviews", {
      ...at,
      number: "{pr}",
      body: { event: "APPROVE", body: "The demo model approves everything; a real reviewer reads it." },
    }),
    event("REVIEW_PASSED", "review-e", { prNumber: "{pr}" }),
    "say Approved #{pr}.",
  ]),
};

function playbook(asked: string, steps: readonly string[]): string[] {
  return [`When asked "${asked}":`, ...steps.map((step, index) => `${index + 1}. ${step}`)];
}

function call(tool: string, input: Readonly<Record<string, unknown>>): string {
  return `call ${tool} with ${JSON.stringify(input)}`;
}

function event(type: string, agentId: string, more: Readonly<Record<string, unknown>>): string {
  return call("post_api_events", { body: { type, ...issue, agentId, ...more } });
}
