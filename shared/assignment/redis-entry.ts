/** Entries of the original's assignment streams: names and values, all of them text. */
import { issueStreamId } from "../conductor/event.ts";
import type { Assignment } from "./assignment.ts";

/** Longest repository name; GitHub's are shorter. */
const MAX_REPO = 140;

/** An entry of a Redis stream. */
export interface StreamEntry {
  /** Such as `1719830000000-0`. */
  id: string;
  fields: readonly (readonly [name: string, value: string])[];
}

/** What an entry asks for. One that names no issue is worked on all the same, in a conversation of its own. */
export function readEntry({ id, fields }: StreamEntry): Assignment {
  const field = (name: string) => fields.find(([known]) => known === name)?.[1] ?? "";
  const repo = field("repo").trim();
  const isRepo = /^[^\s#]+$/.test(repo) && repo.length <= MAX_REPO;
  const isNumber = /^[1-9]\d{0,8}$/.test(field("issueNumber"));
  const issue = isRepo && isNumber ? { repo, issueNumber: Number(field("issueNumber")) } : null;
  const told = new Set(["title", "body", ...(issue ? ["repo", "issueNumber"] : [])]);
  return {
    stream: issue ? issueStreamId(issue.repo, issue.issueNumber) : `entry-${id}`,
    round: id,
    issue,
    title: field("title"),
    body: field("body"),
    details: fields.filter(([name]) => !told.has(name)),
  };
}
