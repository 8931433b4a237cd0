/** What docs/architecture.md and CONTRIBUTING.md name is there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type TurnEvent,
  type TurnPhase,
  transition,
} from "../../../durable-objects/channel-session/engine/transitions.ts";
import { root } from "../../support/bundled-worker.ts";

const read = (page: string) => readFileSync(join(root, page), "utf8");

/** What stands at the root and is the project's own. */
const top = readdirSync(root, { withFileTypes: true }).filter(
  ({ name }) => !["node_modules", "dist", ".git", ".wrangler"].includes(name),
);
const topNames = top.map(({ name }) => name);
const names = new Set([
  ...topNames,
  ...top
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(root, name), { recursive: true, encoding: "utf8" }))
    .map((path) => basename(path)),
]);

/** Words of a page that are paths: from a folder of the root on, or with a file's ending. */
function pathsIn(page: string): Set<string> {
  const words = read(page).match(/(?<![\w/.<>*:@-])[\w.-]+(?:\/[\w.-]+)*\/?(?![\w<>*])/g) ?? [];
  return new Set(
    words
      .map((word) => word.replace(/\.$/, ""))
      .filter((word) => {
        const [first = ""] = word.split("/");
        return (
          (word.includes("/") && topNames.includes(first)) || /\w\.(ts|js|md|json|toml|ya?ml|sql)$/.test(word)
        );
      }),
  );
}

describe.each(["docs/architecture.md", "CONTRIBUTING.md"])("%s", (page) => {
  it("names files and folders that are there", () => {
    const paths = [...pathsIn(page)];
    expect(paths.length).toBeGreaterThan(5);
    const missing = paths.filter((path) =>
      path.includes("/") ? !existsSync(join(root, path)) : !names.has(path),
    );
    expect(missing).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const rows = read("docs/architecture.md")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const columns = rows.find(([first]) => first === "state")?.slice(1) ?? [];
  const phases = ["running", "parked", "posting", "done", "failed", "cancelled"] satisfies TurnPhase[];

  it("has the table of a turn's states as the code has it", () => {
    const told = rows.flatMap(([states = "", ...cells]) =>
      phases
        .filter((phase) => cells.length === columns.length && states.split(", ").includes(phase))
        .flatMap((phase) =>
          cells.flatMap((cell, index) => (cell === "" ? [] : [`${phase}, ${columns[index]}: ${cell}`])),
        ),
    );
    const failure = { code: "timeout", message: "It took too long." };
    const happenings = ["resumed", "parked", "decided", "answered", "delivered", "stopped"] as const;
    const events: TurnEvent[] = [
      ...happenings.map((happened) => ({ happened })),
      { happened: "failed", failure },
      { happened: "undeliverable", failure },
    ];
    const known = phases.flatMap((state) =>
      events.flatMap((event) => {
        const ends = [null, failure].flatMap(
          (earlier) =>
            transition({ state, generation: 1, failure: earlier, finishedAt: null }, event, 0)?.state ?? [],
        );
        return ends.length === 0 ? [] : [`${state}, ${event.happened}: ${[...new Set(ends)].join(", ")}`];
      }),
    );
    expect(told.toSorted()).toEqual(known.toSorted());
    expect(columns.toSorted()).toEqual(events.map(({ happened }) => happened).toSorted());
  });
});
