import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { addMinuteTrigger } from "../../../../cli/migrate/cron-trigger.ts";

it("finds the trigger of this project's wrangler.toml", () => {
  const toml = readFileSync(new URL("../../../../wrangler.toml", import.meta.url), "utf8");
  expect(addMinuteTrigger(toml)).toEqual({ kind: "there" });
});

it.each([
  ['name = "a"\n', 'name = "a"\n\n[triggers]\ncrons = ["* * * * *"]\n'],
  ['name = "a"', 'name = "a"\n\n[triggers]\ncrons = ["* * * * *"]\n'],
  ["[triggers]\ncrons = []\n[vars]\nA = 1\n", '[triggers]\ncrons = ["* * * * *"]\n[vars]\nA = 1\n'],
  ["[triggers] # ours\n[vars]\n", '[triggers] # ours\ncrons = ["* * * * *"]\n[vars]\n'],
  ['[triggers]\ncrons = ["0 * * * *"]\n', '[triggers]\ncrons = ["* * * * *", "0 * * * *"]\n'],
  ["[triggers]\ncrons = [\n  '0 * * * *',\n]\n", "[triggers]\ncrons = [\"* * * * *\", '0 * * * *',]\n"],
])("adds it to %j and changes nothing else", (toml, changed) => {
  expect(addMinuteTrigger(toml)).toEqual({ kind: "added", toml: changed });
  expect(addMinuteTrigger(changed)).toEqual({ kind: "there" });
});

it("is not taken in by a comment", () => {
  expect(addMinuteTrigger('# [triggers]\n# crons = ["* * * * *"]\n').kind).toBe("added");
});

it.each([
  'triggers = { crons = ["0 * * * *"] }\n',
  'triggers.crons = ["0 * * * *"]\n',
  '[triggers]\ncrons = [\n  "0 * * * *", # hourly\n]\n',
])("leaves %j to a person", (toml) => {
  expect(addMinuteTrigger(toml)).toEqual({ kind: "unclear" });
});
