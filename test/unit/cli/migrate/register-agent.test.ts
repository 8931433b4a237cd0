import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { compareRegistration } from "../../../../cli/check/registration.ts";
import { registerAgent } from "../../../../cli/migrate/register-agent.ts";

const own = readFileSync(new URL("../../../../agents/index.ts", import.meta.url), "utf8");

it("adds an import in its place and an entry to this project's agents", () => {
  const changed = registerAgent(own, "dev-e") ?? "";
  expect(compareRegistration(changed, ["assistant", "dev-e", "example-e"])).toEqual([]);
  const added = changed.split("\n").filter((line) => !own.split("\n").includes(line));
  expect(added).toEqual([
    'import devE from "./dev-e/character.json" with { type: "json" };',
    '  "dev-e": devE,',
  ]);
  const paths = [...changed.matchAll(/from "(\.\/[^"]+)"/g)].map(([, path]) => path);
  expect(paths).toEqual(paths.toSorted());
});

it("changes nothing where the agent is there already", () => {
  expect(registerAgent(own, "assistant")).toBe(own);
});

const importLine = 'import { defineAgents } from "../shared/character/registry.ts";\n';

it.each([
  [`${importLine}export const agents = defineAgents({});\n`, "{\n  kiro,\n}"],
  [
    `${importLine}import a from "./a/character.json" with { type: "json" };\nexport const agents = defineAgents({ a });\n`,
    "{ a, kiro }",
  ],
])("adds it to %j", (source, entries) => {
  const changed = registerAgent(source, "kiro") ?? "";
  expect(changed).toContain(entries);
  const problems = compareRegistration(changed, ["kiro", "a"]);
  expect(problems.filter((problem) => !("folder" in problem && problem.folder === "a"))).toEqual([]);
});

it("takes another variable where the id is a word of the language", () => {
  expect(registerAgent(own, "default")).toContain('  "default": defaultAgent,\n');
  expect(registerAgent(own, "agents")).toContain('import agentsAgent from "./agents/character.json"');
});

it.each(["load()", "defineAgents({\n  a // the first\n})"])("leaves %j to a person", (agents) => {
  expect(registerAgent(`${importLine}export const agents = ${agents};\n`, "kiro")).toBeUndefined();
});
