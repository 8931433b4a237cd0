/** What the doctor says of one thing that it has looked at. */
export type Finding =
  | { status: "ok"; about: string; says: string }
  /** Something does not work as the character wants it. */
  | { status: "wrong"; about: string; says: string; todo: string }
  /** Could not be looked at, or is as good as it is. */
  | { status: "note"; about: string; says: string; todo?: string };

export function ok(about: string, says: string): Finding {
  return { status: "ok", about, says };
}

/** @param todo what a person does about it. */
export function wrong(about: string, says: string, todo: string): Finding {
  return { status: "wrong", about, says, todo };
}

export function note(about: string, says: string, todo?: string): Finding {
  return { status: "note", about, says, ...(todo !== undefined && { todo }) };
}

const MARKS = { ok: "✓", wrong: "✗", note: "–" } as const;

/** One line for each finding, one below it for what to do, and one for the sum. */
export function renderFindings(agent: string, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap((finding) => {
    const line = `  ${MARKS[finding.status]} ${finding.about.padEnd(width)}  ${finding.says}`;
    const todo = "todo" in finding && finding.todo;
    return todo ? [line, `    ${" ".repeat(width)}  → ${todo}`] : [line];
  });
  const count = findings.filter(({ status }) => status === "wrong").length;
  const sum =
    count === 0 ? "Nothing is wrong." : `${count} ${count === 1 ? "thing is" : "things are"} wrong.`;
  return [agent, ...lines, sum].map((line) => `${line}\n`).join("");
}
