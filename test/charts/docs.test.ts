/** docs/kubernetes.md: its values go through the chart, and the commands that change secrets are run. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { Metrics } from "../../gateway/metrics.ts";
import { root } from "../support/bundled-worker.ts";
import { ofKind, render } from "../support/chart.ts";
import { type ClusterShell, openClusterShell } from "../support/cluster-shell.ts";
import { runTool } from "../support/kubernetes-tools.ts";

const page = await readFile(join(root, "docs/kubernetes.md"), "utf8");

/** The first block of a language below a heading. */
function block(heading: string, language: string): string {
  const [, below = ""] = page.split(`\n## ${heading}\n`);
  const [section = ""] = below.split("\n## ");
  const code = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(section)?.[1];
  if (code === undefined) throw new Error(`no ${language} under ${heading}`);
  return code;
}

describe("docs/kubernetes.md", () => {
  it.each([
    ["Values", { "conductor-e": undefined, "dev-e": undefined }],
    ["Grow", { big: "2,3/4" }],
  ])("shows values that the chart takes, under %s", async (heading, agents) => {
    const manifests = await render(parse(block(heading, "yaml")) as object);
    const found = ofKind("ConfigMap", manifests).map(({ data }) => [
      data?.RIG_AGENT,
      data?.RIG_SHARDS || undefined,
    ]);
    expect(Object.fromEntries(found)).toEqual(agents);
  });

  it("calls the Deployments what the chart calls them", async () => {
    const manifests = await render(parse(block("Values", "yaml")) as object);
    const names = ofKind("Deployment", manifests).map(({ metadata }) => `deployment/${metadata.name}`);
    const named = page.match(/deployment\/[a-z-]+/g) ?? [];
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(names).toContain(name);
  });

  it("names every metric, and its alerts ask for no other", () => {
    const metrics = [...new Metrics().text().matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
    const rows = [...page.matchAll(/^\| `(rig_gateway_\w+)`/gm)].map(([, name = ""]) => name);
    expect(rows.toSorted()).toEqual(metrics.toSorted());
    const rule = z
      .object({
        apiVersion: z.literal("monitoring.coreos.com/v1"),
        kind: z.literal("PrometheusRule"),
        spec: z.object({ groups: z.tuple([z.object({ rules: z.array(z.object({ expr: z.string() })) })]) }),
      })
      .parse(parse(block("Watch", "yaml")));
    const asked = rule.spec.groups[0].rules.flatMap(({ expr }) => expr.match(/rig_gateway_\w+/g) ?? []);
    expect(asked).toHaveLength(3);
    for (const name of asked) expect(metrics).toContain(name);
  });
});

describe("every command", async () => {
  const pages = [
    "docs/kubernetes.md",
    ...["argocd", "flux", "secrets"].map((name) => `examples/${name}/README.md`),
  ];
  const texts = await Promise.all(pages.map((file) => readFile(join(root, file), "utf8")));
  const shells = texts.flatMap((text) =>
    [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code = ""]) => code),
  );
  const commands = shells.flatMap((code) => code.match(/\b(helm|kubectl) [a-z][^|&)\n]*/g) ?? []);
  const optionsByVerb = new Map<string, Set<string>>();
  for (const command of commands) {
    const verb = /^(kubectl (create|rollout) [a-z]+|\w+ [a-z-]+)/.exec(command)?.[0] ?? command;
    const options = optionsByVerb.get(verb) ?? new Set();
    for (const option of command.match(/(?<= )--[a-z-]+/g) ?? []) options.add(option);
    optionsByVerb.set(verb, options);
  }

  it("of more than ten is looked at", () => {
    expect(optionsByVerb.size).toBeGreaterThan(10);
  });

  it.each([...optionsByVerb].map(([verb, options]) => [verb, [...options]] as const))(
    "%s exists, with %j",
    async (verb, options) => {
      const [tool, ...words] = verb.split(" ");
      const name = tool === "helm" ? "helm" : "kubectl";
      const general = name === "helm" ? ["help"] : ["options"];
      const pagesOfHelp = await Promise.all([runTool(name, [...words, "--help"]), runTool(name, general)]);
      const help = pagesOfHelp.map(({ stdout }) => stdout).join("");
      expect(help).toContain(verb);
      for (const option of options) expect(help).toMatch(new RegExp(`${option}\\b`));
    },
  );
});

describe("the commands of docs/kubernetes.md", () => {
  let shell: ClusterShell;

  beforeEach(async () => {
    shell = await openClusterShell({ "discord-bot-token": "old-token", "bridge-secret": "old-secret" });
  });

  afterEach(() => shell.close());

  it("change the bridge secret while the Worker accepts both, and forget the old one at the end", async () => {
    const { worker, secret, calls } = await shell.run(block("Change the bridge secret", "sh"));
    expect(worker).toEqual({
      DEV_E__BRIDGE_SECRET_PREVIOUS: "old-secret",
      DEV_E__BRIDGE_SECRET: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(secret).toEqual({
      "discord-bot-token": "old-token",
      "bridge-secret": worker.DEV_E__BRIDGE_SECRET,
    });
    expect(calls.filter((call) => !call.startsWith("kubectl get"))).toEqual([
      "npx wrangler secret put DEV_E__BRIDGE_SECRET_PREVIOUS",
      "npx wrangler secret put DEV_E__BRIDGE_SECRET",
      "kubectl patch secret dev-e-bridge --namespace agents --patch-file /dev/stdin",
      "kubectl rollout restart deployment/bridge-gateway-bridge-dev-e --namespace agents",
      "kubectl rollout status deployment/bridge-gateway-bridge-dev-e --namespace agents --timeout 5m",
      "npx wrangler secret delete DEV_E__BRIDGE_SECRET_PREVIOUS",
    ]);
  });

  it("change the bot's token at both ends", async () => {
    const { worker, secret } = await shell.run(block("Change the bot's token", "sh"), "new-token\n");
    expect(worker).toEqual({ DEV_E__DISCORD_BOT_TOKEN: "new-token" });
    expect(secret).toEqual({ "discord-bot-token": "new-token", "bridge-secret": "old-secret" });
  });
});
