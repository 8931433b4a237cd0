import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { root } from "../../support/bundled-worker.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");
const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];

/** What is wrong with a changelog by Keep a Changelog 1.1.0 ("Guiding Principles", "Types of changes"). */
function problemsOf(changelog: string): string[] {
  const problems: string[] = [];
  const [head = "", ...versions] = changelog.split(/^## /m);
  if (!head.startsWith("# Changelog\n")) problems.push("expected # Changelog first");
  for (const address of ["https://keepachangelog.com/en/1.1.0/", "https://semver.org/"])
    if (!head.includes(address)) problems.push(`expected ${address} before the versions`);

  const links = new Set([...changelog.matchAll(/^\[(.+)\]: https:\/\/\S+$/gm)].map(([, name]) => name));
  const released: { version: string; date: string }[] = [];
  for (const [index, entry] of versions.entries()) {
    const [title = "", ...lines] = entry.replace(/^\[.+\]: .*$/gm, "").split("\n");
    const release = /^\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$/.exec(title);
    const [, version = "unreleased", date = ""] = release ?? [];
    if (release) released.push({ version, date });
    else if (title !== "[Unreleased]" || index > 0) problems.push(`${title}: expected [x.y.z] - YYYY-MM-DD`);
    if (index === 0 && release) problems.push("expected [Unreleased] before the first version");
    if (!links.has(version)) problems.push(`${title}: expected a link`);

    const [before = "", ...sections] = lines.join("\n").split(/^### /m);
    if (before.trim() !== "") problems.push(`${title}: expected text in sections only`);
    const names = sections.map((section) => section.slice(0, section.indexOf("\n")));
    for (const [at, name] of names.entries()) {
      if (!kinds.includes(name)) problems.push(`${title}: ${name} is none of ${kinds.join(", ")}`);
      if (names.indexOf(name) !== at) problems.push(`${title}: ${name} stands there twice`);
      if (!/^- \S/m.test(sections[at] ?? "")) problems.push(`${title}: ${name} is empty`);
    }
  }
  for (const [at, { version, date }] of released.entries()) {
    const older = released[at + 1];
    if (older && (compareVersions(version, older.version) <= 0 || date < older.date))
      problems.push(`${version}: expected the latest version first`);
  }
  return problems;
}

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

describe("CHANGELOG.md", () => {
  it("keeps the format that it names", () => {
    expect(problemsOf(read("CHANGELOG.md"))).toEqual([]);
  });

  it("tells of the version that package.json names", () => {
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(read("package.json")));
    expect(read("CHANGELOG.md")).toContain(`\n## [${version}] - `);
  });

  const whole = read("CHANGELOG.md");
  it.each([
    ["another kind of change", whole.replace("### Added", "### New"), "New is none of"],
    ["a version without a date", whole.replace(/(\[0\.1\.0\]) - .*/, "$1"), "expected [x.y.z] - YYYY-MM-DD"],
    [
      "nothing unreleased",
      whole.replace("## [Unreleased]\n", "## [0.2.0] - 2026-12-01\n"),
      "expected [Unreleased]",
    ],
    [
      "a version without a link",
      whole.replace(/^\[0\.1\.0\]: .*$/m, ""),
      "[0.1.0] - 2026-11-22: expected a link",
    ],
    [
      "an older version first",
      whole.replace("## [0.1.0]", "## [0.0.9] - 2026-11-01\n\n### Fixed\n\n- A.\n\n## [0.1.0]"),
      "0.0.9: expected the latest version first",
    ],
    ["a kind without a change", whole.replace("## [0.1.0]", "### Fixed\n\n## [0.1.0]"), "Fixed is empty"],
    [
      "a kind twice",
      whole.replace("## [0.1.0]", "### Added\n\n- A.\n\n## [0.1.0]"),
      "Added stands there twice",
    ],
    ["no word of its format", whole.replaceAll("keepachangelog.com", "example.com"), "keepachangelog.com"],
  ])("would be refused with %s", (_, changelog, problem) => {
    expect(problemsOf(changelog).join("\n")).toContain(problem);
  });
});
