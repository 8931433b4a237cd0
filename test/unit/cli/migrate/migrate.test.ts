import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkAgents } from "../../../../cli/check/agents.ts";
import { MigrationProject, section } from "../../../support/migration.ts";

let project: MigrationProject;

beforeEach(() => {
  project = new MigrationProject();
});

afterEach(() => project.remove());

/** Migrates; what comes of it must be agents that `rig check` accepts. */
function migrate(names: readonly string[], ...options: string[]): string {
  const output = project.migrate(names, ...options);
  const errors = checkAgents(project.root).findings.filter(({ severity }) => severity === "error");
  expect(errors).toEqual([]);
  return output;
}

describe("an agent of rig-agent-runtime", () => {
  it("moves from one process to a character, an entry and values of the gateway", () => {
    const output = migrate(["runtime-single.yaml"]);
    expect(project.character("my-agent")).toEqual({
      $schema: "../character.schema.json",
      name: "My Agent",
      bio: "A helpful assistant",
      personality: "You are My Agent. A helpful assistant",
      discord: { channels: [] },
    });
    expect(project.gatewayValues()).toEqual({
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
    expect(project.character("conductor-e")).toMatchObject({
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
    expect(project.gatewayValues()).toMatchObject({
      agents: {
        "conductor-e": {
          existingSecret: "conductor-e-secrets",
          nodeSelector: { "kubernetes.io/arch": "arm64" },
        },
      },
    });
  });

  it("gets the trigger in wrangler.toml where it is not there", () => {
    project.put("wrangler.toml", 'name = "rig"\n');
    migrate(["runtime-helmrelease.yaml"]);
    expect(project.text("wrangler.toml")).toBe('name = "rig"\n\n[triggers]\ncrons = ["* * * * *"]\n');
  });

  it("says what to add where values lay a CronJob over an agent without a prompt", () => {
    const output = migrate(["runtime-single.yaml", "runtime-cron.yaml"]);
    expect(project.character("my-agent")).not.toHaveProperty("cron");
    const told = section(output, "Look at").find((line) => line.startsWith("cron: "));
    expect(told).toContain(
      'add "cron": {"schedule":"*/5 * * * *","concurrencyPolicy":"Forbid","successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":3,"prompt":"…"}',
    );
  });

  it("does not begin to run a job that the chart made no CronJob for", () => {
    project.put(
      "values.yaml",
      "character: {name: Dev-E, personality: x, cron: {prompt: Look., schedule: '@daily'}}\ncron: {enabled: false}\n",
    );
    expect(project.run("values.yaml").exitCode).toBe(0);
    expect(project.character("dev-e")).toMatchObject({ cron: { schedule: "@daily", suspend: true } });
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

  it("is told of secrets that its character refers to and that are nowhere in the values", () => {
    project.put(
      "values.yaml",
      "secrets: {existingSecret: a}\ncharacter: {name: A, personality: x, webhooks: {github: {secret: 'env:GITHUB_WEBHOOK_SECRET'}}}\n",
    );
    expect(section(project.run("values.yaml").output, "Secrets of a, line by line")).toContain(
      "npx wrangler secret put A__GITHUB_WEBHOOK_SECRET",
    );
  });

  it("needs no gateway when it has no bot", () => {
    project.put(
      "values.yaml",
      "mode: cron\ncharacter: {name: Dev-E, personality: x, discord: {channels: ['#dev']}}\n",
    );
    const { output } = project.run("values.yaml");
    expect(section(output, "Look at")).toContain(
      "values.gateway-bridge.yaml: no entry for dev-e, which is not in Discord",
    );
    expect(project.files()).not.toContain("values.gateway-bridge.yaml");
    expect(output).not.toContain("BRIDGE_SECRET");
  });

  it("may have its character in a file of its own", () => {
    project.put("character.json", '{"name": "Dev-E", "personality": "x", "discord": {"channels": ["#dev"]}}');
    project.put("values.yaml", "secrets: {existingSecret: dev-e-secrets}\n");
    expect(project.run("values.yaml", "--character", "character.json").exitCode).toBe(0);
    expect(project.character("dev-e")).toMatchObject({ name: "Dev-E", discord: { channels: ["#dev"] } });
  });

  it("keeps what it is called at the conductor, or as it is told", () => {
    project.put(
      "values.yaml",
      "character: {name: The Coordinator, personality: x, heartbeat: {agentId: conductor-e}}\n",
    );
    project.run("values.yaml");
    project.run("values.yaml", "--agent", "boss");
    expect(project.files().filter((file) => file.endsWith("character.json"))).toEqual([
      "agents/boss/character.json",
      "agents/conductor-e/character.json",
    ]);
  });
});

describe("an agent of agent-broker", () => {
  it("becomes an agent from its entry in the map", () => {
    const output = migrate(["broker-agents.yaml"]);
    expect(project.character("kiro")).toEqual({
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
    expect(project.character("kiro")).toMatchObject({
      name: "Kiro",
      discord: { channels: ["1088510058284990001"] },
    });
    expect(project.gatewayValues()).toMatchObject({ agents: { kiro: { existingSecret: "kiro-bridge" } } });
  });

  it("moves with all others of its release into one values file, each with a Secret of its own", () => {
    const output = migrate(["broker-four-agents.yaml"]);
    expect(project.gatewayValues()).toMatchObject({
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
    expect(project.character("claude")).toMatchObject({ llm: { provider: "claude-cli" } });
    expect(project.character("codex")).toMatchObject({ llm: { provider: "codex-cli" } });
    expect(project.character("gemini")).not.toHaveProperty("llm");
    expect(output).toContain(
      "npx wrangler secret put CLAUDE__ANTHROPIC_API_KEY  # paste it from agents.claude.env.ANTHROPIC_API_KEY",
    );
    for (const id of ["kiro", "claude", "codex", "gemini"]) {
      expect(output).toContain(`kubectl create secret generic ${id}-bridge`);
    }
  });

  it("is heard by whom it was heard by", () => {
    project.put(
      "values.yaml",
      "agents: {kiro: {discord: {allowedUsers: [1088510058284990888], allowedRoleIds: ['1088510058284990889'], allowDm: false, allowBotMessages: mentions}}}\n",
    );
    const { output } = project.run("values.yaml");
    expect(project.character("kiro")).toMatchObject({
      discord: { allowedUsers: ["1088510058284990888"], allowedRoles: ["1088510058284990889"], dm: false },
    });
    expect(section(output, "Not carried over")).toEqual([
      "agents.kiro.discord.allowBotMessages: see whether discord in docs/reference/character.md has what you need of it",
    ]);
  });

  it("cannot smuggle a command into those that are printed, whatever it is called", () => {
    project.put("values.yaml", 'agents: {"kiro\\nreboot": {discord: {botToken: x}}}\n');
    const commands = section(project.run("values.yaml").output, "Secrets of kiro-reboot, line by line");
    expect(commands.join("\n")).toContain('agents["kiro\\nreboot"].discord.botToken');
    expect(commands).not.toContainEqual(expect.stringMatching(/^reboot/));
  });

  it("can move alone", () => {
    migrate(["broker-four-agents.yaml"], "--agent", "codex");
    expect(project.files().filter((file) => file.endsWith("character.json"))).toEqual([
      "agents/codex/character.json",
    ]);
  });
});

it("prints and writes no secret", () => {
  const output = migrate(["broker-four-agents.yaml"]);
  const written = project.files().filter((file) => file.includes("."));
  const everything = output + written.map((file) => project.text(file)).join("");
  expect(everything).toContain("claude");
  expect(everything).not.toContain("nobody-may-see");
});
