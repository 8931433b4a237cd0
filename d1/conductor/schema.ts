/** The conductor's tables in D1: the log of events, and what can be made anew from it. */
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { RigAgent } from "../../shared/conductor/agent.ts";
import type { EventType } from "../../shared/conductor/event.ts";
import type { Issue, IssueState } from "../../shared/conductor/issue.ts";

/** Everything that happened, in order. Rows are added and never changed. */
export const conductorEvents = sqliteTable(
  "conductor_events",
  {
    /** Place in the whole log. */
    seq: integer("seq").primaryKey({ autoIncrement: true }),
    id: text("id").notNull().unique(),
    stream: text("stream").notNull(),
    /** Place in its stream: 1, 2, 3… Two writers that saw the same version cannot both add the next one. */
    version: integer("version").notNull(),
    type: text("type").$type<EventType>().notNull(),
    data: text("data", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    /** Unix milliseconds. */
    at: integer("at").notNull(),
  },
  (table) => [uniqueIndex("conductor_events_stream").on(table.stream, table.version)],
);

/** Issues as their streams tell. */
export const conductorIssues = sqliteTable(
  "conductor_issues",
  {
    stream: text("stream").primaryKey(),
    /** Version of the stream that this row shows. */
    version: integer("version").notNull(),
    issue: text("issue", { mode: "json" }).$type<Issue>().notNull(),
    // What rows are found and ordered by; each stands in `issue` too.
    state: text("state").$type<IssueState>().notNull(),
    /** 0 for the most urgent. */
    rank: integer("rank").notNull(),
    approvedAt: integer("approved_at").notNull(),
    repo: text("repo").notNull(),
    issueNumber: integer("issue_number").notNull(),
    agentId: text("agent_id"),
  },
  (table) => [
    index("conductor_issues_queue").on(
      table.state,
      table.rank,
      table.approvedAt,
      table.repo,
      table.issueNumber,
    ),
  ],
);

/** Agents as their streams tell. */
export const conductorAgents = sqliteTable("conductor_agents", {
  stream: text("stream").primaryKey(),
  version: integer("version").notNull(),
  agent: text("agent", { mode: "json" }).$type<RigAgent>().notNull(),
});

/** What agents wrote while they worked. */
export const conductorLogs = sqliteTable(
  "conductor_logs",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    agentId: text("agent_id").notNull(),
    /** The issue's stream; empty when it is about none. */
    stream: text("stream").notNull(),
    level: text("level").$type<"info" | "warn" | "error">().notNull(),
    message: text("message").notNull(),
    /** Unix milliseconds. */
    at: integer("at").notNull(),
  },
  (table) => [
    index("conductor_logs_agent").on(table.agentId, table.id),
    index("conductor_logs_stream").on(table.stream, table.id),
  ],
);

/** What agents have learned about a repository; all agents share it. */
export const conductorLearnings = sqliteTable(
  "conductor_learnings",
  {
    repo: text("repo").notNull(),
    /** The learning as learnings are compared: `memoryKey`. */
    key: text("key").notNull(),
    learning: text("learning").notNull(),
    /** Who told it first. */
    agentId: text("agent_id").notNull(),
    /** How often it was told. */
    occurrences: integer("occurrences").notNull().default(1),
    /** Unix milliseconds. */
    createdAt: integer("created_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.repo, table.key] })],
);
