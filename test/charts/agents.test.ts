import { describe, expect, it } from "vitest";
import { agentOf, type Manifest, ofKind, one, render } from "../support/chart.ts";
import { AGENTS, fourAgents } from "./values.ts";

const four = render(fourAgents);

const without = (manifests: readonly Manifest[], agent: string) =>
  manifests.filter((manifest) => agentOf(manifest) !== agent);

describe("agents", () => {
  it("are four sets of one kind of object each, and little that they share", async () => {
    const manifests = await four;
    for (const agent of AGENTS) {
      const own = manifests.filter((manifest) => agentOf(manifest) === agent).map(({ kind }) => kind);
      const kinds = ["ConfigMap", "Deployment", "Pod", "PodDisruptionBudget", "Service"];
      const hasSecret = !("existingSecret" in fourAgents.agents[agent]);
      expect(own.sort()).toEqual([...kinds, ...(hasSecret ? ["Secret"] : [])].sort());
    }
    const shared = manifests.filter((manifest) => agentOf(manifest) === undefined);
    expect(shared.map(({ kind }) => kind).sort()).toEqual(["NetworkPolicy", "ServiceAccount"]);
  });

  it.each(AGENTS)("%s reads no ConfigMap or Secret but its own", async (agent) => {
    const manifests = await four;
    const deployment = one("Deployment", manifests, agent);
    const names = [
      ...JSON.stringify(deployment).matchAll(/"(?:configMapRef|secretKeyRef)":\{[^}]*"name":"([^"]+)"/g),
    ];
    const own = new Set([`bridge-gateway-bridge-${agent}`, `${agent}-bridge`]);
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const [, name] of names) expect(own).toContain(name);
  });

  it.each(AGENTS)("lose nothing but %s's set when it is removed", async (agent) => {
    const { [agent]: _, ...others } = fourAgents.agents;
    expect(await render({ ...fourAgents, agents: others })).toEqual(without(await four, agent));
  });

  it.each([
    ["disabled", { ...fourAgents.agents.gemini, enabled: false }],
    ["null", null],
  ])("lose gemini's set when it is %s", async (_, gemini) => {
    const agents = { ...fourAgents.agents, gemini };
    expect(await render({ ...fourAgents, agents })).toEqual(without(await four, "gemini"));
  });

  it.each([
    ["env", { env: { A: "1" } }],
    ["a secret", { discord: { botToken: "another" } }],
    ["secretEnv", { secretEnv: { A: "1" } }],
    ["workerUrl", { workerUrl: "https://other.example" }],
    ["shards", { shards: "0/2" }],
    ["image", { image: { tag: "2.0.0" } }],
  ])("roll codex alone when its %s changes", async (_, change) => {
    const before = await four;
    const codex = { ...fourAgents.agents.codex, ...change };
    const after = await render({ ...fourAgents, agents: { ...fourAgents.agents, codex } });
    expect(without(after, "codex")).toEqual(without(before, "codex"));
    const template = (manifests: Manifest[]) => one("Deployment", manifests, "codex").spec?.template;
    expect(template(after)).not.toEqual(template(before));
    expect(one("Deployment", after, "codex").spec?.selector).toEqual(
      one("Deployment", before, "codex").spec?.selector,
    );
  });

  it("scale without new pods for those that run", async () => {
    const codex = { ...fourAgents.agents.codex, replicas: 3 };
    const after = await render({ ...fourAgents, agents: { ...fourAgents.agents, codex } });
    const { spec } = one("Deployment", after, "codex");
    expect(spec?.replicas).toBe(3);
    expect(spec?.template).toEqual(one("Deployment", await four, "codex").spec?.template);
  });

  it("have names of at most 63 characters that differ, whatever they are called", async () => {
    const names = ["a".repeat(63), `${"a".repeat(62)}b`, "short"];
    const entry = { existingSecret: "s" };
    const agents = Object.fromEntries(names.map((name) => [name, entry]));
    const manifests = await render({ ...fourAgents, agents }, `r.${"e".repeat(51)}`);
    const deployments = ofKind("Deployment", manifests).map(({ metadata }) => metadata.name);
    expect(new Set(deployments).size).toBe(names.length);
    for (const { metadata } of manifests) expect(metadata.name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });
});
