/** The conductor as an agent uses it: over HTTP here, in this Worker's own database elsewhere. */
import * as z from "zod";
import type { Priority } from "./fields.ts";
import { issueStates } from "./issue.ts";
import { countStates, type RigOverview, workingOn } from "./overview.ts";

/** How long a request may take, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** Most characters of an answer that an error quotes. */
const QUOTED = 200;

/** An issue that was given to an agent. */
export interface IssueAssignment {
  streamId: string;
  repo: string;
  issueNumber: number;
  title: string;
  milestone: string | null;
  priority: Priority | string;
  /** 1 for the first. */
  attempt: number;
}

/** What became of an event: the conductor's rules may speak against it, and asking again changes nothing about that. */
export type Posted = { outcome: "stored" } | { outcome: "refused"; message: string };

/** Each method throws when the conductor cannot be reached; asking again is harmless. */
export interface Conductor {
  /** Where it is, for people. */
  readonly place: string;
  /** Adds an event to the log. One with an `eventId` is stored once. */
  post(event: Readonly<Record<string, unknown>>): Promise<Posted>;
  /** Claims the next issue; the one that is claimed and not begun comes again. `null`: there is nothing to do. */
  nextAssignment(agentId: string): Promise<IssueAssignment | null>;
  /** Whether an issue is the agent's and in progress, with nothing handed in yet. */
  isInProgress(issue: { repo: string; issueNumber: number }, agentId: string): Promise<boolean>;
  /** How the rig is. */
  overview(): Promise<RigOverview>;
}

/** The conductor answered something else than it should. */
export class ConductorError extends Error {
  override readonly name = "ConductorError";
  readonly code = "conductor";
}

export interface RemoteConductorOptions {
  /** Origin and path before `/api`. */
  baseUrl: string;
  /** Sent as a bearer token. */
  token: string | undefined;
  fetch: typeof fetch;
}

const assignmentAnswer = z.object({
  streamId: z.string(),
  issue: z.object({
    number: z.int(),
    repo: z.string(),
    title: z.string(),
    milestone: z.string().nullish(),
  }),
  priority: z.string().default("normal"),
  attempt: z.int().default(1),
});

const issuesAnswer = z.array(
  z.object({ repo: z.string(), issueNumber: z.int(), agentId: z.string().nullish() }),
);

const agentsAnswer = z.array(
  z.object({
    agentId: z.string(),
    status: z.string(),
    currentIssue: z.union([z.number(), z.string()]).nullish(),
    currentRepo: z.string().nullish(),
    activeProvider: z.string().nullish(),
  }),
);

const statesAnswer = z.array(z.object({ state: z.enum(issueStates) }));

/** A conductor elsewhere, by the HTTP interface of `docs/reference/conductor.md`. */
export class RemoteConductor implements Conductor {
  readonly #options: RemoteConductorOptions;

  constructor(options: RemoteConductorOptions) {
    this.#options = options;
  }

  get place(): string {
    return this.#options.baseUrl;
  }

  post(event: Readonly<Record<string, unknown>>): Promise<Posted> {
    return postEvent(this.#url("/api/events"), event, this.#options);
  }

  async nextAssignment(agentId: string): Promise<IssueAssignment | null> {
    const url = this.#url("/api/assignments/next");
    url.searchParams.set("agentId", agentId);
    const answer = await request(url, {}, this.#options);
    if (answer.status === 204) return null;
    const { streamId, issue, priority, attempt } = assignmentAnswer.parse(JSON.parse(answer.body));
    const { number: issueNumber, repo, title, milestone = null } = issue;
    return { streamId, repo, issueNumber, title, milestone, priority, attempt };
  }

  async isInProgress(
    { repo, issueNumber }: { repo: string; issueNumber: number },
    agentId: string,
  ): Promise<boolean> {
    const answer = await request(this.#url("/api/issues?state=in_progress"), {}, this.#options);
    const issues = issuesAnswer.parse(JSON.parse(answer.body));
    return issues.some(
      (issue) => issue.repo === repo && issue.issueNumber === issueNumber && issue.agentId === agentId,
    );
  }

  async overview(): Promise<RigOverview> {
    const [agents, issues] = await Promise.all(
      ["/api/agents", "/api/issues"].map((path) => request(this.#url(path), {}, this.#options)),
    );
    const known = agentsAnswer.parse(JSON.parse(agents?.body ?? ""));
    const states = statesAnswer.parse(JSON.parse(issues?.body ?? "")).map(({ state }) => state);
    return {
      agents: known.map(
        ({ agentId, status, activeProvider = null, currentIssue = null, currentRepo = null }) => ({
          ...{ agentId, status, activeProvider },
          working: workingOn({ currentIssue, currentRepo }),
        }),
      ),
      issues: countStates(states),
    };
  }

  #url(path: string): URL {
    return new URL(this.#options.baseUrl.replace(/\/+$/, "") + path);
  }
}

/**
 * Posts one event to where events go.
 *
 * @throws ConductorError for an answer that is neither 2xx nor a refusal (400, 409); whatever `fetch` throws.
 */
export async function postEvent(
  url: URL,
  event: Readonly<Record<string, unknown>>,
  options: Pick<RemoteConductorOptions, "token" | "fetch">,
): Promise<Posted> {
  const headers = { "Content-Type": "application/json" };
  try {
    const init = { method: "POST", headers, body: JSON.stringify(event) };
    await request(url, init, { ...options, refusals: [400, 409] });
    return { outcome: "stored" };
  } catch (error) {
    if (error instanceof RefusedError) return { outcome: "refused", message: error.message };
    throw error;
  }
}

class RefusedError extends ConductorError {}

async function request(
  url: URL,
  init: RequestInit,
  {
    token,
    fetch,
    refusals = [],
  }: Pick<RemoteConductorOptions, "token" | "fetch"> & { refusals?: readonly number[] },
): Promise<{ status: number; body: string }> {
  const headers = new Headers(init.headers);
  headers.set("User-Agent", "rig-edge");
  if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
  const timeout = new AbortController();
  const timer = setTimeout(
    () => timeout.abort(new ConductorError(`no answer in ${TIMEOUT_MS} ms`)),
    TIMEOUT_MS,
  );
  try {
    // A redirect could lead the token anywhere.
    const response = await fetch(url, { ...init, headers, redirect: "manual", signal: timeout.signal });
    const body = await response.text();
    if (response.ok) return { status: response.status, body };
    const message = `${init.method ?? "GET"} ${url.pathname} was answered ${response.status}: ${body.slice(0, QUOTED)}`;
    throw refusals.includes(response.status) ? new RefusedError(message) : new ConductorError(message);
  } finally {
    clearTimeout(timer);
  }
}
