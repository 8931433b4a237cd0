/**
 * Playbooks, which the demo model follows: steps that a character's prompt spells out, most of them calls of tools.
 *
 * A playbook begins with a line that quotes how the messages begin that it is for; one step on each line follows:
 *
 *     When asked "Close {owner}/{repo}#{issue}":
 *     1. call get_issues with {"query": {"repo": "{owner}/{repo}"}}
 *     2. for each of 1.items, call post_closed with {"body": {"number": "{item.number}"}}
 *     3. if 2 did nothing, say [quiet]
 *     4. say Closed {count.2}.
 *
 * `{owner}` stands for what the message has there, `{1.items}` for a field of step 1's first result, `{count.2}` for the
 * number of calls that step 2 has made. `whose number is not an issueNumber of 3` after the list leaves out the items that
 * the list in step 3's result has already.
 */

/** A step of a playbook. */
export type PlaybookStep =
  | { kind: "call"; tool: string; input: unknown; each: Each | null }
  | { kind: "say"; text: string; ifNothingBy: number | null };

/** The list that a step is repeated for. */
export interface Each {
  list: string;
  /** Items whose `field` equals `otherField` of an item of the list at `other` are left out. */
  unless: { field: string; other: string; otherField: string } | null;
}

/** A playbook that fits a message. */
export interface Playbook {
  steps: readonly PlaybookStep[];
  /** What the message has where the playbook's first line has `{name}`. */
  names: ReadonlyMap<string, string>;
}

const HEADING = /^When asked ["“](.+)["”]:$/;
const STEP = /^(\d+)\. (.+)$/;
const CALL =
  /^(?:for each of (?<list>[\w.]+)(?: whose (?<field>\w+) is not an? (?<otherField>\w+) of (?<other>[\w.]+))?, )?call `?(?<tool>[\w-]+)`? with (?<input>\{.*\})$/;
const SAY = /^(?:if (?<ifNothingBy>\d+) did nothing, )?say (?<text>.+)$/;

/** The first playbook of a system prompt whose first line fits the beginning of a line of `message`. */
export function findPlaybook(system: string, message: string): Playbook | null {
  // Marks around what others wrote; see shared/webhook/prompt.ts.
  const asked = message.replaceAll(/<\/?data>/g, "");
  const lines = system.split("\n").map((line) => line.replace(/^[-*] /, "").trim());
  for (const [at, line] of lines.entries()) {
    const heading = HEADING.exec(line)?.[1];
    const names = heading === undefined ? null : namesIn(heading, asked);
    const steps = names === null ? [] : readSteps(lines.slice(at + 1));
    if (names !== null && steps.length > 0) return { steps, names };
  }
  return null;
}

function namesIn(heading: string, message: string): Playbook["names"] | null {
  const parts = heading.split(/\{(\w+)\}/);
  // Odd places hold names.
  const pattern = parts.map((part, index) =>
    index % 2 === 0 ? escapeRegExp(part) : `(?<${part}>[\\w.-]*\\w)`,
  );
  const match = new RegExp(`^${pattern.join("")}`, "m").exec(message);
  return match && new Map(Object.entries(match.groups ?? {}));
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** The steps at the beginning of `lines`, which count from 1; what cannot be read ends them. */
function readSteps(lines: readonly string[]): PlaybookStep[] {
  const steps: PlaybookStep[] = [];
  for (const line of lines) {
    const [, number, text = ""] = STEP.exec(line) ?? [];
    const step = Number(number) === steps.length + 1 ? readStep(text) : null;
    if (step === null) break;
    steps.push(step);
  }
  return steps;
}

function readStep(text: string): PlaybookStep | null {
  const said = SAY.exec(text)?.groups;
  if (said) {
    const { text: words = "", ifNothingBy } = said;
    return {
      kind: "say",
      text: words,
      ifNothingBy: ifNothingBy === undefined ? null : Number(ifNothingBy),
    };
  }
  const { tool, input = "", list, field, other, otherField } = CALL.exec(text)?.groups ?? {};
  const read = readJson(input);
  if (tool === undefined || read === undefined) return null;
  const unless =
    field === undefined || other === undefined || otherField === undefined
      ? null
      : { field, other, otherField };
  return { kind: "call", tool, input: read, each: list === undefined ? null : { list, unless } };
}

/** `undefined` for what is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
