/** Rows that can be made anew from the events of one stream: an issue's, or an agent's. */
import { type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { applyToAgent, type RigAgent } from "../../shared/conductor/agent.ts";
import { type StoredEvent, streamKind } from "../../shared/conductor/event.ts";
import { priorities } from "../../shared/conductor/fields.ts";
import { applyToIssue, type Issue } from "../../shared/conductor/issue.ts";
import { conductorAgents, conductorIssues } from "./schema.ts";

/** What a stream's events come to. */
export type Projection =
  | { kind: "issue"; issue: Issue | null }
  | { kind: "agent"; agent: RigAgent | null }
  | { kind: "none" };

/** What a stream comes to before its first event. */
export function emptyProjection(streamId: string): Projection {
  const kind = streamKind(streamId);
  switch (kind) {
    case "issue":
      return { kind, issue: null };
    case "agent":
      return { kind, agent: null };
    case "milestone":
      return { kind: "none" };
    default:
      return kind satisfies never;
  }
}

/** What a stream comes to with one more event. */
export function project(projection: Projection, event: StoredEvent): Projection {
  switch (projection.kind) {
    case "issue":
      return { kind: "issue", issue: applyToIssue(projection.issue, event) };
    case "agent":
      return { kind: "agent", agent: applyToAgent(projection.agent, event) };
    case "none":
      return projection;
    default:
      return projection satisfies never;
  }
}

/**
 * The statement that writes a stream's row, or none when it has none. A row that shows the same version, or a later
 * one, stays: then another request has stored the same event.
 *
 * @param version of the stream that it shows.
 * @param when the row is written if this holds in the transaction.
 */
export function writeProjection(
  db: DrizzleD1Database,
  { streamId, version, projection }: { streamId: string; version: number; projection: Projection },
  when: SQL,
) {
  switch (projection.kind) {
    case "issue": {
      const { issue } = projection;
      if (issue === null) return [];
      const rank = priorities.indexOf(issue.priority);
      const row = sql`select ${streamId}, ${version}, ${JSON.stringify(issue)}, ${issue.state}, ${rank},
        ${issue.approvedAt}, ${issue.repo}, ${issue.issueNumber}, ${issue.agentId} where ${when}`;
      const set = {
        version: sql`excluded.version`,
        issue: sql`excluded.issue`,
        state: sql`excluded.state`,
        rank: sql`excluded.rank`,
        approvedAt: sql`excluded.approved_at`,
        repo: sql`excluded.repo`,
        issueNumber: sql`excluded.issue_number`,
        agentId: sql`excluded.agent_id`,
      };
      const setWhere = sql`excluded.version > ${conductorIssues.version}`;
      return [
        db
          .insert(conductorIssues)
          .select(row)
          .onConflictDoUpdate({ target: conductorIssues.stream, set, setWhere }),
      ];
    }
    case "agent": {
      const { agent } = projection;
      if (agent === null) return [];
      const row = sql`select ${streamId}, ${version}, ${JSON.stringify(agent)} where ${when}`;
      const set = { version: sql`excluded.version`, agent: sql`excluded.agent` };
      const setWhere = sql`excluded.version > ${conductorAgents.version}`;
      return [
        db
          .insert(conductorAgents)
          .select(row)
          .onConflictDoUpdate({ target: conductorAgents.stream, set, setWhere }),
      ];
    }
    case "none":
      return [];
    default:
      return projection satisfies never;
  }
}
