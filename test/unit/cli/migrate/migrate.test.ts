import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkAgents } from "../../../../cli/check/agents.ts";
import { runMigrate } from "../../../../cli/migrate.ts";
import { valuesFixture } from "../../../support/values-fixture.ts";

const registry = `import { defineAgents } from "../shared/character/registry.ts";

export const agents = defineAgents({});
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rig-migrate-"));
  put("agents/index.ts", registry);
  put("wrangler.toml", 'name = "rig"\n\n[triggers]\ncrons = ["* * * * *"]\n');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function put(file: string, content: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

function text(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function character(id: string): unknown {
  return JSON.parse(text(`agents/${id}/character.json`));
}

function gatewayValues(): unknown {
  return parse(text("values.gateway-bridge.yaml"));
}

/** Everything in the project, to see that nothing was written. */
function files(): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
}

function run(...argv: string[]) {
  let output = "";
  let complaint = "";
  const exitCode = runMigrate(argv, {
    workingDirectory: root,
    root,
    write: (more) => {
      output += more;
    },
    complain: (more) => {
      complaint += more;
    },
  });
  return { exitCode, output, complaint };
}

/** Runs it on files of test/support/values; it must succeed, and leave agents that `rig check` accepts. */
function migrate(names: readonly string[], ...options: string[]): string {
  const { exitCode, output, complaint } = run(...names.map(valuesFixture), ...options);
  expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: "" });
  expect(checkAgents(root).findings.filter(({ severity }) => severity === "error")).toEqual([]);
  return output;
}

/** The lines below a heading of the report. */
function section(output: string, title: string): string[] {
  const [, rest = ""] = output.split(`${title}:\n`);
  const [lines = ""] = rest.split("\n\n");
  return lines.split("\n").map((line) => line.trim());
}

describe("an agent of rig-agent-runtime", () => {
  it("moves from one process to a character, an entry and values of the gateway", () => {
    const output = migrate(["runtime-single.yaml"]);
    expect(character("my-agent")).toEqual({
      $schema: "../character.schema.json",
      name: "My Agent",
      bio: "A helpful assistant",
      personality: "You are My Agent. A helpful assistant",
      discord: { channels: [] },
    });
    expect(gatewayValues()).toEqual({
      defaults: { workerUrl: "https://rig-edge.example.workers.dev" },
      agents: { "my-agent": { existingSecret: "my-agent-secrets" } },
    });
    expect(section(output, "Written").map((line) => line.split(" ")[0])).toEqual([
      "agents/my-agent/character.json",
      "agents/index.ts",
      "values.gateway-bridge.yaml",
    ]);
    expect(section(output, "Look at")).toEqual([
      "personality: the values have none, so it is made of name and bio; write a better one",
      "discord.channels: no channels: in Discord the agent answers direct messages only",
    ]);
  });

  it("leaves gateway, workers, Redis, dashboard and tunnel behind, each with its reason", () => {
    const leftovers = section(migrate(["runtime-split.yaml"]), "Not carried over");
    expect(leftovers.map((line) => line.split(":")[0])).toEqual([
      "mode",
      "image",
      "redis",
      "workers",
      "dashboard",
      "tunnel",
      "database-url in my-agent-secrets",
    ]);
    expect(leftovers).toContain(
      "tunnel: the Worker has an address of its own; to keep my-agent.example.com, make it a custom domain of the Worker",
    );
    expect(leftovers.join()).not.toContain("nothing here is known by this name");
  });

  it("takes its CronJob along as a job, and says that the Worker's one trigger drives it", () => {
    const output = migrate(["runtime-helmrelease.yaml"]);
    expect(character("conductor-e")).toMatchObject({
      discord: { channels: ["#conductor-e", "1088510058284990888"] },
      cron: {
        prompt: "Look at the queue and tell what changed.",
        schedule: "*/5 * * * *",
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
      },
    });
    expect(section(output, "Look at")).toContain(
      "wrangler.toml: stays as it is: its one Cron Trigger drives the jobs of all agents",
    );
    expect(section(output, "Not carried over")).toContain(
      "cron.backoffLimit: a run is a turn of the Worker: it has no pod",
    );
    expect(gatewayValues()).toMatchObject({
      agents: {
        "conductor-e": {
          existingSecret: "conductor-e-secrets",
          nodeSelector: { "kubernetes.io/arch": "arm64" },
        },
      },
    });
  });

  it("gets the trigger in wrangler.toml where it is not there", () => {
    put("wrangler.toml", 'name = "rig"\n');
    migrate(["runtime-helmrelease.yaml"]);
    expect(text("wrangler.toml")).toBe('name = "rig"\n\n[triggers]\ncrons = ["* * * * *"]\n');
  });

  it("says what to add where values lay a CronJob over an agent without a prompt", () => {
    const output = migrate(["runtime-single.yaml", "runtime-cron.yaml"]);
    expect(character("my-agent")).not.toHaveProperty("cron");
    const told = section(output, "Look at").find((line) => line.startsWith("cron: "));
    expect(told).toContain(
      'add "cron": {"schedule":"*/5 * * * *","concurrencyPolicy":"Forbid","successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":3,"prompt":"…"}',
    );
  });

  it("does not begin to run a job that the chart made no CronJob for", () => {
    put(
      "values.yaml",
      "character: {name: Dev-E, personality: x, cron: {prompt: Look., schedule: '@daily'}}\ncron: {enabled: false}\n",
    );
    expect(run("values.yaml").exitCode).toBe(0);
    expect(character("dev-e")).toMatchObject({ cron: { schedule: "@daily", suspend: true } });
  });

  it("moves the keys of its Secret and its variables to secrets of its own name", () => {
    const output = migrate(["runtime-helmrelease.yaml"]);
    const commands = section(output, "Secrets of conductor-e, line by line");
    const names = commands.flatMap((line) => /wrangler secret put (\S+)/.exec(line)?.[1] ?? []);
    expect(names).toEqual([
      "CONDUCTOR_E__DISCORD_BOT_TOKEN",
      "CONDUCTOR_E__ANTHROPIC_API_KEY",
      "CONDUCTOR_E__OPENAI_API_KEY",
      "CONDUCTOR_E__DISCORD_WEBHOOK_URL",
      "CONDUCTOR_E__GITHUB_TOKEN",
      "CONDUCTOR_E__GITHUB_PERSONAL_ACCESS_TOKEN",
      "CONDUCTOR_E__CONDUCTOR_BASE_URL",
      "CONDUCTOR_E__BRIDGE_SECRET",
    ]);
    expect(commands[0]).toBe(
      "kubectl get secret conductor-e-secrets -o jsonpath='{.data.discord-bot-token}' | base64 -d | npx wrangler secret put CONDUCTOR_E__DISCORD_BOT_TOKEN",
    );
    expect(commands[2]).toMatch(/ # if conductor-e-secrets has it$/);
    expect(section(output, "Not carried over")).toContain(
      "extraEnv[2] (LOG_LEVEL): nothing reads it: a tool or an MCP server that needs it says env:NAME in the character",
    );
  });

  it("needs no gateway when it has no bot", () => {
    put(
      "values.yaml",
      "mode: cron\ncharacter: {name: Dev-E, personality: x, discord: {channels: ['#dev']}}\n",
    );
    const { output } = run("values.yaml");
    expect(section(output, "Look at")).toContain(
      "values.gateway-bridge.yaml: no entry for dev-e, which is not in Discord",
    );
    expect(files()).not.toContain("values.gateway-bridge.yaml");
    expect(output).not.toContain("BRIDGE_SECRET");
  });

  it("may have its character in a file of its own", () => {
    put("character.json", '{"name": "Dev-E", "personality": "x", "discord": {"channels": ["#dev"]}}');
    put("values.yaml", "secrets: {existingSecret: dev-e-secrets}\n");
    expect(run("values.yaml", "--character", "character.json").exitCode).toBe(0);
    expect(character("dev-e")).toMatchObject({ name: "Dev-E", discord: { channels: ["#dev"] } });
  });

  it("keeps what it is called at the conductor, or as it is told", () => {
    put(
      "values.yaml",
      "character: {name: The Coordinator, personality: x, heartbeat: {agentId: conductor-e}}\n",
    );
    run("values.yaml");
    run("values.yaml", "--agent", "boss");
    expect(files().filter((file) => file.endsWith("character.json"))).toEqual([
      "agents/boss/character.json",
      "agents/conductor-e/character.json",
    ]);
  });
});

describe("an agent of agent-broker", () => {
  it("becomes an agent from its entry in the map", () => {
    const output = migrate(["broker-agents.yaml"]);
    expect(character("kiro")).toEqual({
      $schema: "../character.schema.json",
      name: "Kiro",
      personality: "You are Kiro, a coding agent. People write to you in Discord.",
      tools: [],
      discord: {
        channels: ["YOUR_CHANNEL_ID"],
        trigger: "involved",
        reactions: { enabled: true, removeAfterReply: false },
      },
    });
    expect(section(output, "Look at")).toContain(
      'discord.channels: "YOUR_CHANNEL_ID" is no id, so it counts as the name #YOUR_CHANNEL_ID',
    );
    expect(section(output, "Not carried over").map((line) => line.split(":")[0])).toEqual(
      ["image", "args", "workingDir", "pool", "persistence"].map((name) => `agents.kiro.${name}`),
    );
  });

  it("becomes one from agent.preset and discord.botToken", () => {
    migrate(["broker-preset.yaml"]);
    expect(character("kiro")).toMatchObject({ name: "Kiro", discord: { channels: ["1088510058284990001"] } });
    expect(gatewayValues()).toMatchObject({ agents: { kiro: { existingSecret: "kiro-bridge" } } });
  });

  it("moves with all others of its release into one values file, each with a Secret of its own", () => {
    const output = migrate(["broker-four-agents.yaml"]);
    expect(gatewayValues()).toMatchObject({
      agents: {
        kiro: { existingSecret: "kiro-bridge" },
        claude: {
          existingSecret: "claude-bridge",
          tolerations: [{ key: "dedicated", value: "agents", effect: "NoSchedule" }],
        },
        codex: { existingSecret: "codex-bridge" },
        gemini: { existingSecret: "gemini-bridge" },
      },
    });
    expect(character("claude")).toMatchObject({ llm: { provider: "claude-cli" } });
    expect(character("codex")).toMatchObject({ llm: { provider: "codex-cli" } });
    expect(character("gemini")).not.toHaveProperty("llm");
    expect(output).toContain(
      "npx wrangler secret put CLAUDE__ANTHROPIC_API_KEY  # paste it from agents.claude.env.ANTHROPIC_API_KEY",
    );
    for (const id of ["kiro", "claude", "codex", "gemini"]) {
      expect(output).toContain(`kubectl create secret generic ${id}-bridge`);
    }
  });

  it("can move alone", () => {
    migrate(["broker-four-agents.yaml"], "--agent", "codex");
    expect(files().filter((file) => file.endsWith("character.json"))).toEqual([
      "agents/codex/character.json",
    ]);
  });
});

it("prints and writes no secret", () => {
  const output = migrate(["broker-four-agents.yaml"]);
  const written = files().filter((file) => file.includes("."));
  const everything = output + written.map(text).join("");
  expect(everything).toContain("claude");
  expect(everything).not.toContain("nobody-may-see");
});

describe("what is there already", () => {
  it("stays: another agent is added to the same values, whose comments and entries are kept", () => {
    put(
      "values.gateway-bridge.yaml",
      "# Ours.\ndefaults:\n  workerUrl: https://rig.example.com\nagents:\n  # The first.\n  dev-e:\n    existingSecret: dev-e\n",
    );
    migrate(["broker-preset.yaml"], "--worker-url", "https://other.example.com");
    expect(text("values.gateway-bridge.yaml")).toBe(
      "# Ours.\ndefaults:\n  workerUrl: https://rig.example.com\nagents:\n  # The first.\n  dev-e:\n    existingSecret: dev-e\n  kiro:\n    existingSecret: kiro-bridge\n",
    );
  });

  it("is not overwritten without --force, and then nothing is written at all", () => {
    put("agents/kiro/character.json", '{"name": "Mine", "personality": "x"}');
    const before = files();
    expect(run(valuesFixture("broker-preset.yaml"))).toEqual({
      exitCode: 1,
      output: "",
      complaint: "agents/kiro/character.json is there already; --force overwrites it\n",
    });
    expect(files()).toEqual(before);
    expect(text("agents/index.ts")).toBe(registry);
    migrate(["broker-preset.yaml"], "--force");
    expect(character("kiro")).toMatchObject({ name: "Kiro" });
  });

  it("keeps its entry of the gateway without --force, too", () => {
    put("values.gateway-bridge.yaml", "agents:\n  kiro:\n    existingSecret: mine\n");
    expect(run(valuesFixture("broker-preset.yaml")).complaint).toBe(
      "values.gateway-bridge.yaml: agents.kiro is there already; --force replaces it\n",
    );
    expect(files()).not.toContain("agents/kiro");
  });

  it("may be the outcome of the same migration: then there is nothing to do", () => {
    migrate(["broker-four-agents.yaml"]);
    const output = migrate(["broker-four-agents.yaml"]);
    expect(section(output, "Written")).toEqual(["nothing: all of it is there already"]);
  });

  it("is not touched by --dry-run, which tells the same", () => {
    const before = files();
    const rehearsal = migrate(["runtime-helmrelease.yaml"], "--dry-run");
    expect(files()).toEqual(before);
    expect(rehearsal.replace("Would write", "Written")).toBe(migrate(["runtime-helmrelease.yaml"]));
  });
});

it("writes into another folder, and says what to add where that is no project", () => {
  const output = run(valuesFixture("broker-preset.yaml"), "--out", "elsewhere").output;
  expect(existsSync(join(root, "elsewhere/agents/kiro/character.json"))).toBe(true);
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
    put("values.yaml", values);
    const before = files();
    const { exitCode, output, complaint } = run("values.yaml");
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: "" });
    expect(complaint).toContain(`values.yaml: ${message}`);
    expect(complaint.trim().split("\n")).toHaveLength(1);
    expect(files()).toEqual(before);
  });

  it.each([
    ["values.yml", "values.yml: there is no such file; expected a values file\n"],
    ["agents", "agents: found a folder; expected a values file\n"],
  ])("%s is no file to read", (file, complaint) => {
    expect(run(file)).toEqual({ exitCode: 1, output: "", complaint });
  });

  it.each([
    [[], "rig migrate: expected a values file"],
    [["values.yaml", "--agnet", "x"], "rig migrate: Unknown option '--agnet'"],
    [["values.yaml", "--agent", "Dev E"], "--agent: expected a kebab-case id"],
    [["values.yaml", "--worker-url", "rig.example.com"], "--worker-url: expected an address such as"],
  ])("%j is a wrong call", (argv, complaint) => {
    expect(run(...argv)).toMatchObject({ exitCode: 2, complaint: expect.stringContaining(complaint) });
  });

  it("explains itself when it is asked", () => {
    expect(run("--help")).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("Usage: rig migrate"),
    });
  });
});
