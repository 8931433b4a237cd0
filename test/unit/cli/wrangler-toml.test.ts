import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { setDatabaseId } from "../../../cli/deploy/wrangler-toml.ts";

const id = "3e1f0e58-7d0c-4d0c-9d55-0b1b1f8a5a11";

it("changes the one value in this project's file and nothing else", () => {
  const toml = readFileSync(new URL("../../../wrangler.toml", import.meta.url), "utf8");
  const changed = setDatabaseId(toml, "rig-edge", id);
  const lines = toml.split("\n");
  const different = changed.split("\n").filter((line, index) => line !== lines[index]);
  expect(different).toEqual([`database_id = "${id}"`]);
});

it("finds the table by its database's name, wherever its id stands, and keeps comments and line ends", () => {
  const toml = [
    "# database_id = 'local' in a comment",
    "[[d1_databases]]",
    'database_name = "other"',
    'database_id = "local"',
    "",
    "  [[d1_databases]] # ours",
    "  database_id   =   'local'   # a placeholder",
    "  database_name = 'rig-edge'",
    "[vars]",
    'database_id = "local"',
  ].join("\r\n");
  expect(setDatabaseId(toml, "rig-edge", id)).toBe(
    toml.replace("database_id   =   'local'", `database_id   =   "${id}"`),
  );
});

it("leaves preview_database_id alone", () => {
  const toml =
    '[[d1_databases]]\npreview_database_id = "local"\ndatabase_id = "local"\ndatabase_name = "rig-edge"\n';
  expect(setDatabaseId(toml, "rig-edge", id)).toBe(
    toml.replace('\ndatabase_id = "local"', `\ndatabase_id = "${id}"`),
  );
});

it.each(["", '[[d1_databases]]\ndatabase_name = "rig-edge"\n', '[[d1_databases]]\ndatabase_id = "local"\n'])(
  "refuses %j, which has no such table with an id",
  (toml) => {
    expect(() => setDatabaseId(toml, "rig-edge", id)).toThrow(RangeError);
  },
);
