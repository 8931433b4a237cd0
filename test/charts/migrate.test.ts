/** What `rig migrate` writes for the chart, and prints for kubectl, held against the real ones. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { chartDirectory, readMoved } from "../../charts/readme.ts";
import { leftoversOf } from "../../cli/migrate/leftovers.ts";
import { runMigrate } from "../../cli/migrate.ts";
import { ofKind, refusal, render } from "../support/chart.ts";
import { toolPath } from "../support/kubernetes-tools.ts";
import { readValuesFixture, valuesFixture } from "../support/values-fixture.ts";

const run = promisify(execFile);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rig-migrate-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Migrates fixtures into the test's folder. */
function migrate(...names: string[]): string {
  let output = "";
  const exitCode = runMigrate(names.map(valuesFixture), {
    workingDirectory: folder,
    root: folder,
    write: (text) => {
      output += text;
    },
    complain: (text) => {
      throw new Error(text);
    },
  });
  expect(exitCode).toBe(0);
  return output;
}

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
    migrate(...names);
    const values = parse(await readFile(join(folder, "values.gateway-bridge.yaml"), "utf8")) as object;
    const manifests = await render(values);
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
      expect(await refusal(parse(readValuesFixture(name)) as object)).not.toEqual([]);
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
  /** Stands for the cluster: answers `get` from what is there, and shows what `create` and `patch` would make of it. */
  const kubectlShim = (kubectl: string, there: string) => `#!/bin/bash
case "$1" in
  get) exec ${kubectl} create secret generic "$3" ${there} --dry-run=client "\${@:4}" ;;
  create) exec ${kubectl} "$@" --dry-run=client --output json ;;
  patch)
    ${kubectl} create secret generic "$3" ${there} --dry-run=client --output json > secret.json
    exec ${kubectl} patch --local --filename secret.json "\${@:4}" --output json ;;
esac
`;
  /** Stands for wrangler: notes the secret's name and what came in. */
  const npxShim = '#!/bin/bash\nprintf "%s=%s\\n" "$4" "$(cat)" >> put.txt\n';

  async function execute(output: string, there: Record<string, string>, typed: string) {
    const literals = Object.entries(there).map(([key, value]) => `--from-literal=${key}=${value}`);
    const shims = { kubectl: kubectlShim(await toolPath("kubectl"), literals.join(" ")), npx: npxShim };
    for (const [name, text] of Object.entries(shims)) {
      await writeFile(join(folder, name), text);
      await chmod(join(folder, name), 0o755);
    }
    const lines = /line by line:\n((?: {2}.+\n)+)/.exec(output)?.[1]?.replace(/^ {2}/gm, "") ?? "";
    await writeFile(join(folder, "lines.sh"), `set -euo pipefail\n${lines}`);
    const promise = run("bash", ["lines.sh"], {
      cwd: folder,
      env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, KUBECONFIG: "/dev/null" },
    });
    promise.child.stdin?.end(typed);
    const { stdout } = await promise;
    const secret = z
      .object({
        metadata: z.object({ name: z.string() }),
        data: z.record(z.string(), z.string()).optional(),
        stringData: z.record(z.string(), z.string()).optional(),
      })
      .parse(JSON.parse(stdout));
    const data = Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    const put = (await readFile(join(folder, "put.txt"), "utf8")).trim().split("\n");
    return {
      worker: Object.fromEntries(put.map((line) => line.split("="))) as Record<string, string>,
      cluster: { ...(Object.fromEntries(data) as Record<string, string>), ...secret.stringData },
    };
  }

  it("bring all that is in an existing Secret to the Worker, and the new bridge secret to both", async () => {
    const there = {
      "discord-bot-token": "bot",
      "anthropic-api-key": "anthropic",
      "openai-api-key": "openai",
      "discord-webhook-url": "webhook",
      "github-token": "github",
    };
    const { worker, cluster } = await execute(migrate("runtime-split.yaml", "runtime-cron.yaml"), there, "");
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
    expect(cluster).toEqual({ ...there, "bridge-secret": bridgeSecret });
  });

  it("make a Secret where the old chart had the token in its values", async () => {
    const { worker, cluster } = await execute(migrate("broker-preset.yaml"), {}, "the-token\n");
    expect(worker).toEqual({
      KIRO__DISCORD_BOT_TOKEN: "the-token",
      KIRO__BRIDGE_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(cluster).toEqual({
      "discord-bot-token": "the-token",
      "bridge-secret": worker.KIRO__BRIDGE_SECRET,
    });
  });
});
