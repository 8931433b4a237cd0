import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { chartDirectory, readMoved, readValues } from "../../charts/readme.ts";
import { readConfig } from "../../gateway/config.ts";
import { refusal, render } from "../support/chart.ts";
import { fourAgents, withKiro } from "./values.ts";

const read = (file: string) => readFileSync(chartDirectory + file, "utf8");

describe("values.schema.json", () => {
  const objectSchema = z.looseObject({ properties: z.record(z.string(), z.unknown()) });
  const schema = z
    .looseObject({
      properties: z.record(z.string(), z.unknown()),
      definitions: z.looseObject({ agent: objectSchema }),
    })
    .parse(JSON.parse(read("values.schema.json")));

  it("closes every object whose fields it names", () => {
    const open = objectsOf(schema).filter(
      (object) => "properties" in object && object.additionalProperties !== false,
    );
    expect(objectsOf(schema).length).toBeGreaterThan(20);
    expect(open).toEqual([]);
  });

  it("knows what values.yaml has and what has moved, and no more", () => {
    const { global: _, agents: __, defaults: ___, ...top } = schema.properties;
    const named = [...pathsOf(top, ""), ...pathsOf(schema.definitions.agent.properties, "defaults.")];
    const current = readValues(read("values.yaml")).map(({ path }) => path);
    const old = [...readMoved(read("moved.yaml")).keys()].map((path) =>
      path.replace("agents.<name>", "defaults"),
    );
    const documented = [...current, ...old].filter((path) => path !== "agents");
    const isSame = (a: string, b: string) => `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);
    expect(named.filter((path) => !documented.some((other) => isSame(path, other)))).toEqual([]);
    expect(documented.filter((path) => !named.some((other) => isSame(path, other)))).toEqual([]);
  });

  it("names a field that does not exist", async () => {
    const lines = await refusal({
      ...withKiro({ replica: 3, image: { repo: "x" }, discord: { token: "x" }, resources: { request: {} } }),
      podmonitor: {},
      networkPolicy: { enable: true },
    });
    for (const [place, field] of [
      ["", "podmonitor"],
      ["/agents/kiro", "replica"],
      ["/agents/kiro/image", "repo"],
      ["/agents/kiro/discord", "token"],
      ["/agents/kiro/resources", "request"],
      ["/networkPolicy", "enable"],
    ])
      expect(lines.join("\n")).toContain(`at '${place}': additional properties '${field}' not allowed`);
  });

  it("takes no number where YAML would have rounded an id", async () => {
    const id = Number("1088510058284990888");
    const lines = await refusal({
      ...withKiro({
        env: { CHANNEL: id },
        secretEnv: { CHANNEL: id },
        podLabels: { channel: id },
        podAnnotations: { channel: id },
        discord: { allowedChannels: ["1", id], allowedUsers: [id] },
      }),
    });
    for (const place of ["env/CHANNEL", "secretEnv/CHANNEL", "podLabels/channel", "podAnnotations/channel"])
      expect(lines).toContain(`at '/agents/kiro/${place}': got number, want null or string`);
    for (const place of ["allowedChannels/1", "allowedUsers/0"])
      expect(lines).toContain(`at '/agents/kiro/discord/${place}': got number, want string`);
  });

  it("says what a value must look like", async () => {
    const lines = await refusal(
      withKiro({ workerUrl: "https://worker.example/path", shards: "all", replicas: 1.5, agentId: "Kiro" }),
    );
    for (const place of ["workerUrl", "shards", "replicas", "agentId"])
      expect(lines.join("\n")).toContain(`at '/agents/kiro/${place}'`);
  });
});

describe("a release is refused", () => {
  it.each([
    [
      "an agent without a Worker",
      { agents: { kiro: { existingSecret: "s" } } },
      "agents.kiro.workerUrl: expected the Worker's address",
    ],
    [
      "an agent without secrets",
      withKiro({ existingSecret: "" }),
      "agents.kiro.existingSecret: expected the name of a Secret",
    ],
    [
      "half of an agent's secrets",
      withKiro({ existingSecret: "", bridgeSecret: "x" }),
      "agents.kiro.existingSecret: expected the name",
    ],
    [
      "secrets in two places",
      withKiro({ bridgeSecret: "x" }),
      "agents.kiro.existingSecret: expected either this",
    ],
    [
      "a shard that is not there",
      withKiro({ shards: "0,4/4" }),
      "agents.kiro.shards: expected indexes below",
    ],
    [
      "a label of the selector",
      withKiro({ podLabels: { "rig-edge/agent": "x" } }),
      "agents.kiro.podLabels: rig-edge/agent belongs",
    ],
    [
      "a common label of the selector",
      { commonLabels: { "app.kubernetes.io/name": "x" } },
      "commonLabels: app.kubernetes.io/name belongs",
    ],
    [
      "a variable in two places",
      withKiro({ env: { A: "1" }, secretEnv: { A: "1" } }),
      "agents.kiro.env.A: is in secretEnv too",
    ],
    [
      "a Worker that no pod can reach",
      withKiro({ workerUrl: "http://worker.example" }),
      "agents.kiro.workerUrl: http://worker.example is not at port 443",
    ],
    [
      "two monitors",
      { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } },
      "podMonitor and serviceMonitor: enable one",
    ],
  ])("with %s", async (_, values, line) => {
    const lines = await refusal(values);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(line);
  });

  it("with a variable that has a value of its own", async () => {
    const names = new Set<string>();
    const listening = new Proxy<Record<string, string | undefined>>(
      {},
      { get: (_, name) => void names.add(String(name)) },
    );
    readConfig(listening, "");
    expect(names.size).toBeGreaterThanOrEqual(8);
    const lines = await refusal(withKiro({ env: Object.fromEntries([...names].map((name) => [name, "x"])) }));
    for (const name of names) expect(lines.join("\n")).toContain(`agents.kiro.env.${name}: `);
  });
});

it("null takes a default away", async () => {
  const manifests = await render(withKiro({ resources: { limits: { cpu: null } } }));
  const resources = JSON.stringify(manifests).match(/"limits":\{[^}]*\}/g);
  expect(new Set(resources)).toEqual(new Set(['"limits":{"memory":"128Mi"}']));
  expect(await render(fourAgents)).not.toEqual(manifests);
});

function objectsOf(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(objectsOf);
  if (typeof value !== "object" || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsOf)];
}

/** Paths of the fields that a schema names, as deep as it names any. */
function pathsOf(properties: Record<string, unknown>, prefix: string): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const fields = z.object({ properties: z.record(z.string(), z.unknown()) }).safeParse(schema)
      .data?.properties;
    return fields === undefined ? [prefix + name] : pathsOf(fields, `${prefix}${name}.`);
  });
}
