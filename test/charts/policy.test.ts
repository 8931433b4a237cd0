import { describe, expect, it } from "vitest";
import { BRIDGE_TIMEOUT_MS } from "../../gateway/bridge-client.ts";
import { DRAIN_MS } from "../../gateway/shard-host.ts";
import { AGENT_LABEL, agentOf, contentOf, ofKind, one, podsOf, render } from "../support/chart.ts";
import { AGENTS, everything, fourAgents } from "./values.ts";

const releases = { "four agents": render(fourAgents), "every value": render(everything) };

describe.each(Object.entries(releases))("a release with %s", (_, release) => {
  it("runs every container at the restricted level", async () => {
    const pods = podsOf(await release);
    expect(pods.length).toBeGreaterThanOrEqual(2);
    for (const { name, spec } of pods) {
      expect(spec?.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: "RuntimeDefault" },
      });
      for (const field of ["hostNetwork", "hostPID", "hostIPC", "volumes", "initContainers"])
        expect(spec, name).not.toHaveProperty(field);
      expect(spec?.containers, name).toHaveLength(1);
      for (const container of spec?.containers ?? []) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        for (const port of container.ports ?? []) expect(port).not.toHaveProperty("hostPort");
      }
    }
  });

  it("gives no pod a token of the Kubernetes API", async () => {
    const manifests = await release;
    const account = one("ServiceAccount", manifests);
    expect(account.automountServiceAccountToken).toBe(false);
    for (const { name, spec } of podsOf(manifests)) {
      expect(spec?.automountServiceAccountToken, name).toBe(false);
      expect(spec?.serviceAccountName, name).toBe(account.metadata.name);
    }
  });

  it("has secrets in Secrets only", async () => {
    const manifests = await release;
    const contents = ofKind("Secret", manifests).flatMap((secret) => Object.values(contentOf(secret)));
    const secrets = contents.flatMap((value) => [value, Buffer.from(value).toString("base64")]);
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    const elsewhere = JSON.stringify(manifests.filter(({ kind }) => kind !== "Secret"));
    for (const secret of secrets) expect(elsewhere).not.toContain(secret);
  });

  it("selects by labels that are one agent's pods, and never change", async () => {
    const manifests = await release;
    const pods = podsOf(manifests);
    for (const agent of new Set(manifests.map(agentOf).filter((agent) => agent !== undefined))) {
      const selector = {
        "app.kubernetes.io/name": "gateway-bridge",
        "app.kubernetes.io/instance": "bridge",
        "app.kubernetes.io/component": "gateway",
        [AGENT_LABEL]: agent,
      };
      const deployment = one("Deployment", manifests, agent);
      expect(deployment.spec?.selector).toEqual({ matchLabels: selector });
      expect(one("PodDisruptionBudget", manifests, agent).spec?.selector).toEqual({ matchLabels: selector });
      expect(one("Service", manifests, agent).spec?.selector).toEqual(selector);
      const selected = pods.filter(({ metadata }) =>
        Object.entries(selector).every(([label, value]) => metadata?.labels?.[label] === value),
      );
      expect(selected.map(({ name }) => name)).toEqual([deployment.metadata.name]);
    }
  });

  it("lets nothing out but DNS, HTTPS and what is allowed besides", async () => {
    const { spec } = one("NetworkPolicy", await release);
    const selector = { "app.kubernetes.io/instance": "bridge", "app.kubernetes.io/component": "gateway" };
    expect(spec?.podSelector?.matchLabels).toEqual({
      "app.kubernetes.io/name": "gateway-bridge",
      ...selector,
    });
    expect(spec?.policyTypes).toEqual(["Ingress", "Egress"]);
    const [dns, https, ...besides] = spec?.egress ?? [];
    const [udp, tcp] = (["UDP", "TCP"] as const).map((protocol) => ({ port: 53, protocol }));
    expect(dns).toEqual({ ports: [udp, tcp] });
    expect(https).toEqual({ ports: [{ port: 443, protocol: "TCP" }] });
    const isDefault = release === releases["four agents"];
    expect(besides).toEqual(isDefault ? [] : everything.networkPolicy.extraEgress);
    expect(spec?.ingress).toHaveLength(1);
    expect(spec?.ingress?.[0]?.ports).toEqual([{ port: "http", protocol: "TCP" }]);
  });
});

describe("a Deployment", () => {
  it.each(AGENTS)("of %s keeps a standby through rollouts and drained nodes", async (agent) => {
    const manifests = await releases["four agents"];
    const { spec } = one("Deployment", manifests, agent);
    expect(spec?.replicas).toBe(2);
    expect(spec?.strategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
    expect(one("PodDisruptionBudget", manifests, agent).spec).toMatchObject({ maxUnavailable: 1 });
    const constraints = spec?.template.spec?.topologySpreadConstraints ?? [];
    expect(constraints.map(({ topologyKey }) => topologyKey)).toEqual([
      "kubernetes.io/hostname",
      "topology.kubernetes.io/zone",
    ]);
    for (const { labelSelector } of constraints) expect(labelSelector).toEqual(spec?.selector);
  });

  it.each(AGENTS)("of %s, refused by Discord, keeps no node from being drained", async (agent) => {
    const budget = one("PodDisruptionBudget", await releases["four agents"], agent);
    expect(budget.spec?.unhealthyPodEvictionPolicy).toBe("AlwaysAllow");
  });

  it.each(AGENTS)("of %s is told by its own values alone, and by no Service beside it", async (agent) => {
    const { spec } = one("Deployment", await releases["four agents"], agent);
    expect(spec?.template.spec?.enableServiceLinks).toBe(false);
  });

  it("waits for a gateway that hands over for as long as it takes", async () => {
    const { spec } = one("Deployment", await releases["four agents"], "kiro");
    const seconds = spec?.template.spec?.terminationGracePeriodSeconds ?? 0;
    expect(seconds * 1000).toBeGreaterThanOrEqual(DRAIN_MS + BRIDGE_TIMEOUT_MS + 5_000);
  });

  it("asks the gateway's own pages", async () => {
    const { spec } = one("Deployment", await releases["four agents"], "kiro");
    const [container] = spec?.template.spec?.containers ?? [];
    expect(container?.ports).toEqual([{ name: "http", containerPort: 8080, protocol: "TCP" }]);
    expect(container?.readinessProbe?.httpGet).toEqual({ path: "/readyz", port: "http" });
    expect(container?.livenessProbe?.httpGet).toEqual({ path: "/healthz", port: "http" });
  });
});
