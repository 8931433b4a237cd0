import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { emptyRegistry, MigrationProject, section, valuesFixture } from "../../../support/migration.ts";

let project: MigrationProject;

beforeEach(() => {
  project = new MigrationProject();
});

afterEach(() => project.remove());

describe("what is there already", () => {
  it("stays: another agent is added to the same values, whose comments and entries are kept", () => {
    project.put(
      "values.gateway-bridge.yaml",
      "# Ours.\ndefaults:\n  workerUrl: https://rig.example.com\nagents:\n  # The first.\n  dev-e:\n    existingSecret: dev-e\n",
    );
    project.migrate(["broker-preset.yaml"]);
    expect(project.text("values.gateway-bridge.yaml")).toBe(
      "# Ours.\ndefaults:\n  workerUrl: https://rig.example.com\nagents:\n  # The first.\n  dev-e:\n    existingSecret: dev-e\n  kiro:\n    existingSecret: kiro-bridge\n",
    );
  });

  it("gets the Worker's address when it is named", () => {
    project.migrate(["broker-preset.yaml"]);
    project.migrate(["runtime-single.yaml"], "--worker-url", "https://rig.example.com");
    expect(project.gatewayValues()).toEqual({
      defaults: { workerUrl: "https://rig.example.com" },
      agents: {
        kiro: { existingSecret: "kiro-bridge" },
        "my-agent": { existingSecret: "my-agent-secrets" },
      },
    });
  });

  it("is not overwritten without --force, and then nothing is written at all", () => {
    project.put("agents/kiro/character.json", '{"name": "Mine", "personality": "x"}');
    const before = project.files();
    expect(project.run(valuesFixture("broker-preset.yaml"))).toEqual({
      exitCode: 1,
      output: "",
      complaint: "agents/kiro/character.json is there already; --force overwrites it\n",
    });
    expect(project.files()).toEqual(before);
    expect(project.text("agents/index.ts")).toBe(emptyRegistry);
    project.migrate(["broker-preset.yaml"], "--force");
    expect(project.character("kiro")).toMatchObject({ name: "Kiro" });
  });

  it("keeps its entry of the gateway without --force, too", () => {
    project.put("values.gateway-bridge.yaml", "agents:\n  kiro:\n    existingSecret: mine\n");
    expect(project.run(valuesFixture("broker-preset.yaml")).complaint).toBe(
      "values.gateway-bridge.yaml: agents.kiro is there already; --force replaces it\n",
    );
    expect(project.files()).not.toContain("agents/kiro");
  });

  it("may be the outcome of the same migration: then there is nothing to do", () => {
    project.migrate(["broker-four-agents.yaml"]);
    const output = project.migrate(["broker-four-agents.yaml"]);
    expect(section(output, "Written")).toEqual(["nothing: all of it is there already"]);
  });

  it("is not touched by --dry-run, which tells the same", () => {
    const before = project.files();
    const rehearsal = project.migrate(["runtime-helmrelease.yaml"], "--dry-run");
    expect(project.files()).toEqual(before);
    expect(rehearsal.replace("Would write", "Written")).toBe(project.migrate(["runtime-helmrelease.yaml"]));
  });
});

it("writes into another folder, and says what to add where that is no project", () => {
  const output = project.run(valuesFixture("broker-preset.yaml"), "--out", "elsewhere").output;
  expect(existsSync(join(project.root, "elsewhere/agents/kiro/character.json"))).toBe(true);
  expect(section(output, "Look at")[0]).toBe(
    'agents/index.ts: add import kiro from "./kiro/character.json" with { type: "json" }; and the entry kiro',
  );
});

describe("bad input", () => {
  it.each([
    ["other: 1", "expected values of rig-agent-runtime (character, secrets …) or of agent-broker (agents …)"],
    ["agents: {a: {workerUrl: https://x}}", "found values of gateway-bridge, which are the new ones already"],
    ["mode: single", "character: expected the agent's character (name, personality …)"],
    ["mode: single\ncharacter: []", "character: expected the agent's character (name, personality …)"],
    [
      "character: {name: 検索, personality: x}",
      "character.name: no id can be made of it; name one with --agent",
    ],
    ["character: {name: A, llm: {provider: gpt}}", 'character.llm.provider: found "gpt", expected one of'],
    ["character: {name: A}\ncron: {enabled: maybe}", "cron.enabled: expected true or false"],
    [
      "character: {name: A, cron: {prompt: x}}\ncron: {enabled: true, schedule: every day}",
      'character.cron.schedule: found "every day", expected a cron schedule of five fields',
    ],
    [
      "character: {name: A}\nsecrets: {existingSecret: $(reboot)}",
      "secrets.existingSecret: expected the name of a Secret",
    ],
    ["character: {name: A}\nextraEnv: {A: b}", "extraEnv: expected a list of variables"],
    ["agents: [kiro]", "agents: expected agents by name"],
    [
      "agents: {kiro: {discord: {allowedChannels: all}}}",
      "agents.kiro.discord.allowedChannels: expected a list of channel ids",
    ],
  ])("%j is refused in one line that names the field", (values, message) => {
    project.put("values.yaml", values);
    const before = project.files();
    const { exitCode, output, complaint } = project.run("values.yaml");
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: "" });
    expect(complaint).toContain(`values.yaml: ${message}`);
    expect(complaint.trim().split("\n")).toHaveLength(1);
    expect(project.files()).toEqual(before);
  });

  it.each([
    ["values.yml", "values.yml: there is no such file; expected a values file\n"],
    ["agents", "agents: found a folder; expected a values file\n"],
  ])("%s is no file to read", (file, complaint) => {
    expect(project.run(file)).toEqual({ exitCode: 1, output: "", complaint });
  });

  it.each([
    [[], "rig migrate: expected a values file"],
    [["values.yaml", "--agnet", "x"], "rig migrate: Unknown option '--agnet'"],
    [["values.yaml", "--agent", "Dev E"], "--agent: expected a kebab-case id"],
    [["values.yaml", "--worker-url", "rig.example.com"], "--worker-url: expected an address such as"],
  ])("%j is a wrong call", (argv, complaint) => {
    expect(project.run(...argv)).toMatchObject({
      exitCode: 2,
      complaint: expect.stringContaining(complaint),
    });
  });

  it("explains itself when it is asked", () => {
    expect(project.run("--help")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("Usage: rig migrate"),
    });
  });
});
