import { describe, expect, it } from "vitest";
import { MigrationStopped } from "../../../../cli/migrate/stopped.ts";
import { mergeValues, readValuesFile } from "../../../../cli/migrate/values-file.ts";

const read = (text: string) => readValuesFile("values.yaml", text);

/** What is said about a file that cannot be read. */
function complaint(text: string): string {
  try {
    return JSON.stringify(read(text));
  } catch (error) {
    if (error instanceof MigrationStopped) return error.message;
    throw error;
  }
}

describe("a values file", () => {
  it("keeps all digits of ids that are written as numbers, and says so", () => {
    const { values, remarks } = read(
      "discord:\n  channels: [1088510058284990888, '1088510058284990889']\nport: 3000\n",
    );
    expect(values).toEqual({
      discord: { channels: ["1088510058284990888", "1088510058284990889"] },
      port: 3000,
    });
    expect(remarks).toEqual([
      "values.yaml:2:14: discord.channels[0]: the id 1088510058284990888 is a number here; it is kept in quotes, with all its digits",
    ]);
  });

  it("refuses an id whose digits are lost already", () => {
    expect(complaint("discord:\n  channels:\n    - 1.088510058284990888e+18\n")).toBe(
      "values.yaml:3:7: discord.channels[0]: found 1088510058284990800, expected the id in quotes (its last digits are lost: copy it again)",
    );
  });

  it("follows aliases and merge keys, as Helm does", () => {
    const { values } = read("base: &base {a: 1, b: 2}\nother: {<<: *base, b: 3}\nsame: *base\n");
    expect(values).toEqual({ base: { a: 1, b: 2 }, other: { a: 1, b: 3 }, same: { a: 1, b: 2 } });
  });

  it("may be a HelmRelease, whose problems are told where they stand", () => {
    const release =
      "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    id: 1088510058284990888\n";
    expect(read(release)).toEqual({
      values: { id: "1088510058284990888" },
      remarks: [expect.stringContaining("values.yaml:5:9: id: the id")],
    });
  });

  it.each([
    ["a: b: c", "values.yaml:1:4: not YAML: Nested mappings are not allowed in compact mappings"],
    ["a: 1\na: 2", "values.yaml:2:1: not YAML: Map keys must be unique"],
    ["a: *nothing", "values.yaml: not YAML: Unresolved alias"],
    ["a: 1\n---\nb: 2", "values.yaml:2:1: found a second document, expected one file of values"],
    ["", "values.yaml: expected the values of a chart (names and what they are)"],
    ["- a", "values.yaml: expected the values of a chart (names and what they are)"],
    ["apiVersion: v1\nkind: Secret", "values.yaml: found a manifest of kind Secret, expected values"],
  ])("says in one line what is wrong with %j", (text, message) => {
    expect(complaint(text)).toContain(message);
    expect(complaint(text)).not.toContain("\n");
  });

  it("shows nothing of a file that it cannot read", () => {
    expect(complaint('[a]\nsecret = "hunter2"\n')).toMatch(/^values\.yaml:2:1: not YAML/);
    expect(complaint('[a]\nsecret = "hunter2"\n')).not.toContain("hunter2");
  });
});

it("puts values over others as Helm does: maps by field, the rest as a whole, null takes away", () => {
  const under = { a: { x: 1, y: 2 }, list: [1, 2], gone: { deep: true }, text: "a" };
  const over = { a: { y: 3 }, list: [3], gone: null, text: { now: "a map" } };
  expect(mergeValues(under, over)).toEqual({ a: { x: 1, y: 3 }, list: [3], text: { now: "a map" } });
});
