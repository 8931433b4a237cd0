/** The queue: issues that nobody works on, the most urgent first, the oldest of those. */
import { asc, eq, sql } from "drizzle-orm";
import { conductorIssues as issues } from "./schema.ts";

export const isQueued = eq(issues.state, "queued");

/** Critical, high, normal; then what was approved first. The number decides where even that is the same. */
export const queueOrder = [
  asc(issues.rank),
  asc(issues.approvedAt),
  asc(issues.repo),
  asc(issues.issueNumber),
];

/** What an issue waits for. What the rig knows nothing about is not done. */
const openDependencies = sql`json_each(${issues.issue}, '$.dependsOn') as dependency where not exists (
  select 1 from conductor_issues as other where other.stream = dependency.value and other.state = 'done'
)`;

/** JSON list of the streams an issue waits for. */
export const blockedBy = sql<string>`(select json_group_array(dependency.value) from ${openDependencies})`;

/** An issue that waits for none. */
export const isUnblocked = sql`not exists (select 1 from ${openDependencies})`;

/** Stream of the issue that is to be assigned next. */
export const nextStream = sql`(
  select ${issues.stream} from ${issues} where ${isQueued} and ${isUnblocked} order by ${sql.join(queueOrder, sql`, `)} limit 1
)`;
