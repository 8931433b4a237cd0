/** One repository of the stand-in for GitHub: issues, branches, pull requests, and what its webhooks tell of them. */
import { createHash } from "node:crypto";

export interface Issue {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  labels: { name: string }[];
  user: { login: string };
  html_url: string;
}

export interface PullRequest {
  number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  merged: boolean;
  merge_commit_sha: string | null;
  user: { login: string };
  head: { ref: string };
  base: { ref: string };
  html_url: string;
}

/** What GitHub tells a webhook. */
export interface Delivery {
  event: string;
  payload: unknown;
}

export interface CommittedFile {
  filename: string;
  content: string;
}

/** Who opens and labels issues. */
const PERSON = "mona";
/** In whose name a repository merges by itself. */
const MERGER = "github-merge-queue[bot]";

export class GithubRepository {
  readonly name: string;
  readonly issues = new Map<number, Issue>();
  readonly pulls = new Map<number, PullRequest>();
  /** Branch → commit. */
  readonly branches = new Map([["main", commitHash("main")]]);
  /** Branch → files that were committed to it. */
  readonly files = new Map<string, CommittedFile[]>();
  readonly #tell: (delivery: Delivery) => void;
  #lastNumber = 11;

  constructor(name: string, tell: (delivery: Delivery) => void) {
    this.name = name;
    this.#tell = tell;
  }

  openIssue(title: string, body: string): Issue {
    const number = ++this.#lastNumber;
    const issue: Issue = {
      number,
      title,
      body,
      state: "open",
      labels: [],
      user: { login: PERSON },
      html_url: `https://github.com/${this.name}/issues/${number}`,
    };
    this.issues.set(number, issue);
    this.#happened("issues", "opened", PERSON, { issue });
    return issue;
  }

  label(issue: Issue, name: string): void {
    issue.labels.push({ name });
    this.#happened("issues", "labeled", PERSON, { issue, label: { name } });
  }

  /** @returns `false` when the branch is there already, or its commit is not. */
  createBranch(branch: string, sha: string): boolean {
    if (this.branches.has(branch) || ![...this.branches.values()].includes(sha)) return false;
    this.branches.set(branch, sha);
    return true;
  }

  commit(branch: string, file: CommittedFile): string {
    const sha = commitHash(`${branch} ${file.filename} ${file.content}`);
    this.branches.set(branch, sha);
    this.files.set(branch, [...(this.files.get(branch) ?? []), file]);
    return sha;
  }

  openPull(
    { title, body, head, base }: Record<"title" | "body" | "head" | "base", string>,
    login: string,
  ): PullRequest {
    const number = ++this.#lastNumber;
    const pull: PullRequest = {
      number,
      title,
      body,
      state: "open",
      merged: false,
      merge_commit_sha: null,
      user: { login },
      head: { ref: head },
      base: { ref: base },
      html_url: `https://github.com/${this.name}/pull/${number}`,
    };
    this.pulls.set(number, pull);
    this.#happened("pull_request", "opened", login, { pull_request: pull });
    return pull;
  }

  /** An approval merges it, and closes the issues that it says it closes. */
  review(pull: PullRequest, { event, body }: { event: string; body: string }, login: string): void {
    const review = { state: event === "APPROVE" ? "approved" : "commented", body };
    this.#happened("pull_request_review", "submitted", login, { pull_request: pull, review });
    if (event !== "APPROVE" || pull.merged) return;
    const sha = commitHash(`merge ${pull.number}`);
    Object.assign(pull, {
      state: "closed",
      merged: true,
      merge_commit_sha: sha,
    } satisfies Partial<PullRequest>);
    this.branches.set(pull.base.ref, sha);
    for (const [, number] of pull.body.matchAll(/\bcloses #(\d+)/gi)) {
      const issue = this.issues.get(Number(number));
      if (issue) issue.state = "closed";
    }
    this.#happened("pull_request", "closed", MERGER, { pull_request: pull });
  }

  #happened(event: string, action: string, login: string, about: Readonly<Record<string, unknown>>): void {
    const payload = { action, ...about, repository: { full_name: this.name }, sender: { login } };
    // As it is now: what happens later is another delivery's.
    this.#tell({ event, payload: structuredClone(payload) });
  }
}

function commitHash(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
