import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { chartDirectory, readMoved } from "../../charts/readme.ts";
import { refusal } from "../support/chart.ts";
import { withKiro } from "./values.ts";

const moved = readMoved(readFileSync(`${chartDirectory}moved.yaml`, "utf8"));

/** Lists of ids are lists of text; anything else may be anything. */
const ofItsKind = (path: string) => (/channels|users|ids|bots$/i.test(path) ? ["1"] : { any: 1 });

const everyOldValue: Record<string, unknown> = withKiro({ discord: {} });
for (const path of moved.keys())
  put(everyOldValue, path.replace("<name>", "kiro").split("."), ofItsKind(path));

function put(
  values: Record<string, unknown>,
  [step = "", ...steps]: readonly string[],
  value: unknown,
): void {
  if (steps.length === 0) values[step] = value;
  else put(values[step] as Record<string, unknown>, steps, value);
}

describe("a value of the charts before", () => {
  const lines = refusal(everyOldValue);

  it.each([...moved])("is refused with where it went: %s", async (path, words) => {
    expect(await lines).toContain(`${path.replace("<name>", "kiro")}: ${words}`);
  });

  it("makes one line, and no other", async () => {
    expect(await lines).toHaveLength(moved.size);
    expect(await refusal({ ...withKiro({}), mode: "split" })).toEqual([`mode: ${moved.get("mode")}`]);
  });

  it.each([
    ["mode", { mode: "single" }, "the Worker does the work"],
    ["redis", { redis: { enabled: true, deploy: true } }, "Durable Object"],
    ["workers", { workers: { replicas: 2 } }, "scales by itself"],
    ["agent", { agent: { preset: "kiro" } }, "agents.<name>"],
    ["discord", { discord: { botToken: "token" } }, "agents.<name>.discord.botToken"],
  ])("is enough to refuse a release: %s", async (name, values, home) => {
    const [line, ...others] = await refusal(values);
    expect(line).toContain(`${name}: `);
    expect(line).toContain(home);
    expect(others).toEqual([]);
  });
});
