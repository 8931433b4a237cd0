/**
 * What a GitHub event says, as one paragraph for a model. Events and their fields: GitHub, "Webhook events and payloads".
 */
import { fieldAt, listAt, oneLine, textAt } from "./field.ts";

/** Longest text of an issue, a comment or a review, in UTF-16 code units. */
const BODY = 1_000;
/** Commits of a push that are named. */
const COMMITS = 5;
/** Letters of a commit's hash. */
const HASH = 7;

/** One paragraph about an event; never empty, however little the payload holds. */
export function describeGithubEvent(event: string, payload: unknown): string {
  switch (event) {
    case "pull_request":
      return pullRequest(payload);
    case "pull_request_review":
      return review(payload);
    case "check_suite":
      return check(payload, "check_suite", "check suite of", "app.name");
    case "check_run":
      return check(payload, "check_run", "check run", "name");
    case "issues":
      return issue(payload);
    case "issue_comment":
      return comment(payload);
    case "push":
      return push(payload);
    default:
      return otherEvent(event, payload);
  }
}

function pullRequest(payload: unknown): string {
  const pull = (path: string, limit?: number) => textAt(payload, `pull_request.${path}`, limit);
  const isMerged = pull("merged") === "true";
  const action = textAt(payload, "action") === "closed" && isMerged ? "merged" : actionOf(payload);
  return paragraph(
    `${sender(payload)} ${action} ${pull("draft") === "true" ? "draft " : ""}pull request #${pull("number")}${titled(pull("title"))}${inRepo(payload)}`,
    by(pull("user.login"), payload),
    from(pull("head.ref"), pull("base.ref")),
    size(pull("changed_files"), pull("additions"), pull("deletions")),
    changeOf(payload),
    pull("html_url"),
    quoted("Description", pull("body", BODY)),
  );
}

function review(payload: unknown): string {
  const state = textAt(payload, "review.state").replaceAll("_", " ");
  return paragraph(
    `${sender(payload)} ${actionOf(payload)} a review of pull request #${textAt(payload, "pull_request.number")}${titled(textAt(payload, "pull_request.title"))}${inRepo(payload)}`,
    state && `Verdict: ${state}`,
    textAt(payload, "review.html_url"),
    quoted("Review", textAt(payload, "review.body", BODY)),
  );
}

function check(payload: unknown, at: "check_suite" | "check_run", kind: string, name: string): string {
  const field = (path: string) => textAt(payload, `${at}.${path}`);
  const result = field("conclusion") || field("status");
  const branch = field("head_branch") || field("check_suite.head_branch");
  const pulls = listAt(payload, `${at}.pull_requests`).map((pull) => `#${textAt(pull, "number")}`);
  return paragraph(
    `${kind} ${field(name) || "unknown"} ${actionOf(payload)}${inRepo(payload)}`,
    result && `Result: ${result.replaceAll("_", " ")}`,
    `Commit ${field("head_sha").slice(0, HASH) || "unknown"}${branch && ` on ${branch}`}`,
    pulls.length > 0 && `Pull requests: ${pulls.join(", ")}`,
    field("html_url") || field("details_url"),
    quoted("Output", textAt(payload, `${at}.output.summary`, BODY)),
  );
}

function issue(payload: unknown): string {
  const field = (path: string, limit?: number) => textAt(payload, `issue.${path}`, limit);
  const labels = listAt(payload, "issue.labels").map((label) => textAt(label, "name", 50));
  return paragraph(
    `${sender(payload)} ${actionOf(payload)} issue #${field("number")}${titled(field("title"))}${inRepo(payload)}`,
    by(field("user.login"), payload),
    changeOf(payload),
    labels.length > 0 && `Labels: ${labels.join(", ")}`,
    field("html_url"),
    quoted("Description", field("body", BODY)),
  );
}

function comment(payload: unknown): string {
  const kind = fieldAt(payload, "issue.pull_request") === undefined ? "issue" : "pull request";
  return paragraph(
    `${sender(payload)} ${actionOf(payload)} a comment on ${kind} #${textAt(payload, "issue.number")}${titled(textAt(payload, "issue.title"))}${inRepo(payload)}`,
    textAt(payload, "comment.html_url"),
    quoted("Comment", textAt(payload, "comment.body", BODY)),
  );
}

function push(payload: unknown): string {
  const ref = textAt(payload, "ref").replace(/^refs\/(heads|tags)\//, "");
  const commits = listAt(payload, "commits");
  const named = commits.slice(-COMMITS).map((commit) => {
    const [title = ""] = String(fieldAt(commit, "message") ?? "").split("\n", 1);
    return `${textAt(commit, "id").slice(0, HASH)} ${oneLine(title, 100)}`;
  });
  const who = textAt(payload, "sender.login") || textAt(payload, "pusher.name") || "someone";
  const what = isTrue(payload, "deleted")
    ? `deleted ${ref}`
    : `${isTrue(payload, "forced") ? "force-pushed" : "pushed"} ${commits.length} ${commits.length === 1 ? "commit" : "commits"} to ${isTrue(payload, "created") ? "new " : ""}${ref}`;
  const more = commits.length > named.length ? `, and ${commits.length - named.length} before` : "";
  return paragraph(
    `${who} ${what}${inRepo(payload)}`,
    named.length > 0 && `${named.join("; ")}${more}`,
    textAt(payload, "compare"),
  );
}

/** Whoever and wherever; not what an event is about. */
const AROUND = new Set(["repository", "sender", "organization", "installation", "enterprise", "changes"]);
/** Fields by which the thing that an event is about is called, the best first. */
const TITLES = ["title", "name", "full_name", "login", "key", "tag_name", "summary", "ref", "id", "node_id"];

function otherEvent(event: string, payload: unknown): string {
  const words = oneLine(event.replaceAll("_", " "), 100);
  const fields = typeof payload === "object" && payload !== null ? Object.entries(payload) : [];
  const things = fields.filter(([name, value]) => !AROUND.has(name) && isRecord(value));
  const [, thing] = things.find(([name]) => name === event) ?? things[0] ?? [];
  const title = TITLES.map((name) => textAt(thing ?? payload, name, 100)).find((text) => text !== "");
  const state = ["state", "status", "conclusion"].map((name) => textAt(thing ?? payload, name)).find(Boolean);
  const action = textAt(payload, "action").replaceAll("_", " ");
  return paragraph(
    `${words}${action && `, ${action}`} by ${sender(payload)}${inRepo(payload)}`,
    title && `About: ${title}`,
    state && `State: ${state}`,
    changeOf(payload),
    textAt(thing, "html_url") || textAt(payload, "target_url"),
    quoted(
      "Text",
      textAt(thing, "body", BODY) ||
        textAt(thing, "description", BODY) ||
        textAt(payload, "description", BODY),
    ),
  );
}

/** What else an action says: the label, the assignee, the reviewer, the milestone, the old title. */
function changeOf(payload: unknown): string {
  const told: [name: string, path: string][] = [
    ["Label", "label.name"],
    ["Assignee", "assignee.login"],
    ["Reviewer", "requested_reviewer.login"],
    ["Reviewing team", "requested_team.name"],
    ["Milestone", "milestone.title"],
    ["Earlier title", "changes.title.from"],
  ];
  return told
    .map(([name, path]) => [name, textAt(payload, path, 100)])
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}`)
    .join(". ");
}

function sender(payload: unknown): string {
  return textAt(payload, "sender.login", 100) || "someone";
}

function actionOf(payload: unknown): string {
  return textAt(payload, "action", 50).replaceAll("_", " ") || "changed";
}

function inRepo(payload: unknown): string {
  const repo = textAt(payload, "repository.full_name") || textAt(payload, "repository.name");
  if (repo) return ` in ${repo}`;
  const organization = textAt(payload, "organization.login");
  return organization && ` in the organization ${organization}`;
}

function titled(title: string): string {
  return title && ` “${title}”`;
}

/** Whose it is, where that is not who did it. */
function by(author: string, payload: unknown): string {
  return author && author !== sender(payload) ? `Author: ${author}` : "";
}

function from(head: string, base: string): string {
  return head && base && `${head} → ${base}`;
}

function size(files: string, additions: string, deletions: string): string {
  return files && `${files} files, +${additions || 0} −${deletions || 0}`;
}

function quoted(name: string, text: string): string {
  return text && `${name}: “${text}”`;
}

function isTrue(payload: unknown, path: string): boolean {
  return fieldAt(payload, path) === true;
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function paragraph(...sentences: (string | false | undefined)[]): string {
  const said = sentences.filter(Boolean);
  return `${said.join(". ")}.`;
}
