/** What `rig migrate` writes for the chart, and prints for kubectl, held against the real ones. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { chartDirectory, readMoved } from "../../charts/readme.ts";
import { leftoversOf } from "../../cli/migrate/leftovers.ts";
import { ofKind, refusal, render } from "../support/chart.ts";
import { type ClusterShell, openClusterShell } from "../support/cluster-shell.ts";
import { MigrationProject, valuesFixture } from "../support/migration.ts";

let project: MigrationProject;

beforeEach(() => {
  project = new MigrationProject();
});

afterEach(() => project.remove());

describe("values of the original charts", () => {
  it.each([
    [["runtime-single.yaml"], { "my-agent": "my-agent-secrets" }],
    [["runtime-split.yaml", "runtime-cron.yaml"], { "my-agent": "my-agent-secrets" }],
    [["runtime-helmrelease.yaml"], { "conductor-e": "conductor-e-secrets" }],
    [["broker-agents.yaml"], { kiro: "kiro-bridge" }],
    [["broker-preset.yaml"], { kiro: "kiro-bridge" }],
    [
      ["broker-four-agents.yaml"],
      { claude: "claude-bridge", codex: "codex-bridge", gemini: "gemini-bridge", kiro: "kiro-bridge" },
    ],
  ])("%j become values that the chart takes, with a gateway for each agent", async (names, secrets) => {
    project.migrate(names);
    const manifests = await render(project.gatewayValues() as object);
    const agents = ofKind("ConfigMap", manifests).map(({ data }) => data?.RIG_AGENT);
    expect(agents).toEqual(Object.keys(secrets));
    for (const [agent, secret] of Object.entries(secrets)) {
      const deployment = ofKind("Deployment", manifests).find(
        ({ metadata }) => metadata.labels?.["rig-edge/agent"] === agent,
      );
      const tokens = deployment?.spec?.template.spec?.containers[0]?.env?.filter(
        ({ name }) => name === "DISCORD_BOT_TOKEN",
      );
      expect(tokens).toMatchObject([
        { valueFrom: { secretKeyRef: { name: secret, key: "discord-bot-token" } } },
      ]);
    }
  });

  it.each(["runtime-split.yaml", "broker-agents.yaml"])(
    "%s is refused by the chart as it is",
    async (name) => {
      expect(await refusal(parse(await readFile(valuesFixture(name), "utf8")) as object)).not.toEqual([]);
    },
  );

  it("have a reason for everything that the chart calls moved and that is not carried over", async () => {
    const moved = readMoved(await readFile(join(chartDirectory, "moved.yaml"), "utf8"));
    // What becomes of these is told by other tests.
    const carried =
      "secrets character cron tunnel extraEnv nodeSelector tolerations affinity agent discord env envFrom reactions command agentsMd";
    const names = [...moved.keys()].flatMap((path) => /^(?:agents\.<name>\.)?(\w+)$/.exec(path)?.[1] ?? []);
    expect(names.length).toBeGreaterThan(20);
    const leftovers = leftoversOf(Object.fromEntries(names.map((name) => [name, true])), carried.split(" "));
    expect(leftovers.filter(({ reason }) => reason.startsWith("nothing here is known"))).toEqual([]);
  });
});

describe("the printed commands, run line by line", () => {
  const linesOf = (output: string) =>
    /line by line:\n((?: {2}.+\n)+)/.exec(output)?.[1]?.replace(/^ {2}/gm, "") ?? "";
  let shell: ClusterShell | undefined;

  afterEach(() => shell?.close());

  it("bring all that is in an existing Secret to the Worker, and the new bridge secret to both", async () => {
    const there = {
      "discord-bot-token": "bot",
      "anthropic-api-key": "anthropic",
      "openai-api-key": "openai",
      "discord-webhook-url": "webhook",
      "github-token": "github",
    };
    shell = await openClusterShell(there);
    const { worker, secret } = await shell.run(
      linesOf(project.migrate(["runtime-split.yaml", "runtime-cron.yaml"])),
    );
    const { MY_AGENT__BRIDGE_SECRET: bridgeSecret, ...others } = worker;
    expect(others).toEqual({
      MY_AGENT__DISCORD_BOT_TOKEN: "bot",
      MY_AGENT__ANTHROPIC_API_KEY: "anthropic",
      MY_AGENT__OPENAI_API_KEY: "openai",
      MY_AGENT__DISCORD_WEBHOOK_URL: "webhook",
      MY_AGENT__GITHUB_TOKEN: "github",
      MY_AGENT__GITHUB_PERSONAL_ACCESS_TOKEN: "github",
    });
    expect(bridgeSecret).toMatch(/^[0-9a-f]{64}$/);
    expect(secret).toEqual({ ...there, "bridge-secret": bridgeSecret });
  });

  it("make a Secret where the old chart had the token in its values", async () => {
    shell = await openClusterShell({});
    const { worker, secret } = await shell.run(
      linesOf(project.migrate(["broker-preset.yaml"])),
      "the-token\n",
    );
    expect(worker).toEqual({
      KIRO__DISCORD_BOT_TOKEN: "the-token",
      KIRO__BRIDGE_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(secret).toEqual({
      "discord-bot-token": "the-token",
      "bridge-secret": worker.KIRO__BRIDGE_SECRET,
    });
  });
});
