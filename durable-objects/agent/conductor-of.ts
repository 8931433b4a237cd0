/** The conductor that an agent belongs to, and what it is called there. */
import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { listAgents, listIssues } from "../../d1/conductor/reading.ts";
import { conductorIssues } from "../../d1/conductor/schema.ts";
import { appendEvent, claimNext } from "../../d1/conductor/store.ts";
import type { Agent } from "../../shared/character/registry.ts";
import { type SecretReader, secretReader } from "../../shared/character/secrets.ts";
import {
  type Conductor,
  ConductorError,
  type IssueAssignment,
  type Posted,
  RemoteConductor,
} from "../../shared/conductor/client.ts";
import { issueStreamId, readSubmission } from "../../shared/conductor/event.ts";
import { overviewOf, type RigOverview } from "../../shared/conductor/overview.ts";
import { isOpen, tokenFor } from "../../shared/conductor/tokens.ts";
import type { Env } from "../env.ts";

/** The one at CONDUCTOR_BASE_URL; without that setting this Worker's own. */
export function conductorOf({ id }: Agent, env: Env): Conductor {
  const secret = secretReader({ ...env }, id);
  const baseUrl = secret("CONDUCTOR_BASE_URL");
  if (baseUrl === undefined) return new OwnConductor(env);
  return new RemoteConductor({
    baseUrl,
    token: secret("CONDUCTOR_TOKEN"),
    fetch: (...call) => fetch(...call),
  });
}

/** Whether the agent belongs to a conductor, as far as the settings say. */
export function hasConductor({ id }: Agent, env: Env): boolean {
  const secret = secretReader({ ...env }, id);
  return secret("CONDUCTOR_BASE_URL") !== undefined || tokenFor(env, id) !== undefined || isOpen(env);
}

/** The agent's id in its rig. */
export function rigAgentId({ id, character }: Agent, secret: SecretReader): string {
  return secret("AGENT_ID") ?? (character.heartbeat?.agentId || id);
}

/** This Worker's own: the same statements as behind `/api`, without the way over HTTP. */
class OwnConductor implements Conductor {
  readonly place = "this Worker's conductor";
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  async post(event: Readonly<Record<string, unknown>>): Promise<Posted> {
    const submission = readSubmission(event);
    if ("error" in submission) return { outcome: "refused", message: submission.error };
    const appended = await appendEvent(drizzle(this.#env.DB), submission, Date.now());
    switch (appended.outcome) {
      case "stored":
        return { outcome: "stored" };
      case "refused":
        return { outcome: "refused", message: appended.message };
      case "conflict":
      case "id-taken":
        throw new ConductorError(`${submission.event.type} was not stored: ${appended.outcome}`);
      default:
        return appended satisfies never;
    }
  }

  async nextAssignment(agentId: string): Promise<IssueAssignment | null> {
    const claim = await claimNext(drizzle(this.#env.DB), agentId, Date.now());
    if (!claim) return null;
    const { repo, issueNumber, title, milestone, priority, failedAttempts } = claim.issue;
    const attempt = failedAttempts + 1;
    return { streamId: claim.streamId, repo, issueNumber, title, milestone, priority, attempt };
  }

  async isInProgress(
    { repo, issueNumber }: { repo: string; issueNumber: number },
    agentId: string,
  ): Promise<boolean> {
    const { stream, state } = conductorIssues;
    const found = await drizzle(this.#env.DB)
      .select({ stream })
      .from(conductorIssues)
      .where(
        and(
          eq(stream, issueStreamId(repo, issueNumber)),
          eq(state, "in_progress"),
          eq(conductorIssues.agentId, agentId),
        ),
      );
    return found.length > 0;
  }

  async overview(): Promise<RigOverview> {
    const db = drizzle(this.#env.DB);
    const [agents, issues] = await Promise.all([listAgents(db), listIssues(db)]);
    return overviewOf(
      agents,
      issues.map(({ issue }) => issue.state),
      Date.now(),
    );
  }
}
