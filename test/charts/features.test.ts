import { describe, expect, it } from "vitest";
import { readConfig } from "../../gateway/config.ts";
import { LOG_LEVELS } from "../../shared/log.ts";
import { contentOf, type Manifest, ofKind, one, refusal, render } from "../support/chart.ts";
import { AGENTS, everything, fourAgents, WORKER_URL } from "./values.ts";

const AGENT = "dev-e-first";
const full = render(everything);
const four = render(fourAgents);

describe("an agent's values", () => {
  it("reach its pods", async () => {
    const manifests = await full;
    const { spec, metadata } = one("Deployment", manifests, AGENT);
    const entry = everything.agents[AGENT];
    expect(metadata).toMatchObject({ name: `bots-${AGENT}`, labels: { team: "platform" } });
    expect(spec?.replicas).toBe(3);
    expect(spec?.template.metadata).toMatchObject({
      labels: { team: "platform", tier: "edge" },
      annotations: entry.podAnnotations,
    });
    expect(spec?.template.spec).toMatchObject({
      serviceAccountName: "bots-account",
      imagePullSecrets: everything.imagePullSecrets,
      nodeSelector: entry.nodeSelector,
      tolerations: entry.tolerations,
      affinity: entry.affinity,
      priorityClassName: "high",
    });
    const [rack, room] = entry.topologySpreadConstraints;
    expect(spec?.template.spec?.topologySpreadConstraints).toEqual([
      { ...rack, labelSelector: spec?.selector, matchLabelKeys: ["pod-template-hash"] },
      room,
    ]);
    const [container] = spec?.template.spec?.containers ?? [];
    expect(container).toMatchObject({
      image: `registry.example/gateway:1.2.3@sha256:${"0123456789abcdef".repeat(4)}`,
      imagePullPolicy: "Always",
      command: ["node", "--max-old-space-size=64", "--max-semi-space-size=1", "/app/main.js"],
    });
    expect(container?.envFrom).toEqual([...entry.envFrom, { configMapRef: { name: `bots-${AGENT}` } }]);
    expect(container?.resources).toEqual({
      requests: { cpu: "100m", memory: "64Mi" },
      limits: { memory: "256Mi" },
    });
  });

  it("are what the gateway reads at its start", async () => {
    const entry = everything.agents[AGENT];
    const environment = environmentOf(await full, AGENT);
    expect(environment).toMatchObject({ CHANNEL: entry.env.CHANNEL, PROXY_PASSWORD: "proxy-password" });
    expect(readConfig(environment, "pod-1")).toEqual({
      config: {
        agent: "dev-e",
        workerUrl: new URL(entry.workerUrl),
        bridgeSecret: "the-password",
        botToken: "the-token",
        discordApiBaseUrl: entry.discord.apiBaseUrl,
        shards: [
          [0, 4],
          [1, 4],
        ],
        gatewayId: "pod-1",
        port: 8080,
        logLevel: "error",
      },
    });
  });

  it.each(AGENTS)("may be few: %s is configured by the defaults", async (agent) => {
    const reading = readConfig(environmentOf(await four, agent), "pod-1");
    expect(reading).toMatchObject({
      config: { agent, workerUrl: new URL(WORKER_URL), shards: "recommended", port: 8080, logLevel: "info" },
    });
  });

  it("may ask for any level of the log that the gateway knows, and for no other", async () => {
    const secret = { existingSecret: "bridge", workerUrl: WORKER_URL };
    const agents = Object.fromEntries(LOG_LEVELS.map((logLevel) => [logLevel, { ...secret, logLevel }]));
    const manifests = await render({ agents });
    for (const logLevel of LOG_LEVELS) {
      const reading = readConfig(environmentOf(manifests, logLevel), "pod-1");
      expect(reading).toMatchObject({ config: { logLevel } });
    }
    const lines = await refusal({ agents: { kiro: { ...secret, logLevel: "loud" } } });
    expect(lines.join(" ")).toContain("logLevel");
  });

  it("leave no second Secret where one is there", async () => {
    const owners = ofKind("Secret", await four).map(({ metadata }) => metadata.name);
    expect(owners).toEqual(["bridge-gateway-bridge-codex", "bridge-gateway-bridge-gemini"]);
  });
});

describe("a release's values", () => {
  it("use an account that is there", async () => {
    const manifests = await render({ ...fourAgents, serviceAccount: { create: false, name: "mine" } });
    expect(ofKind("ServiceAccount", manifests)).toEqual([]);
    expect(one("Deployment", manifests, "kiro").spec?.template.spec?.serviceAccountName).toBe("mine");
  });

  it("do without NetworkPolicy and PodDisruptionBudgets", async () => {
    const off = { networkPolicy: { enabled: false }, podDisruptionBudget: { enabled: false } };
    const kinds = new Set((await render({ ...fourAgents, ...off })).map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["ConfigMap", "Deployment", "Pod", "Secret", "Service", "ServiceAccount"]));
  });

  it("let Prometheus and `helm test` in, and nobody else, where they say who it is", async () => {
    const manifests = await full;
    const [test, prometheus, ...others] = one("NetworkPolicy", manifests).spec?.ingress?.[0]?.from ?? [];
    const testPod = one("Pod", manifests, AGENT);
    expect(testPod.metadata.labels).toMatchObject(test?.podSelector?.matchLabels ?? { never: "" });
    expect([prometheus, ...others]).toEqual(everything.networkPolicy.metricsFrom);
  });

  it("add a PodMonitor for the gateway's pods", async () => {
    const manifests = await full;
    expect(manifests.find(({ kind }) => kind === "PodMonitor")).toMatchObject({
      apiVersion: "monitoring.coreos.com/v1",
      metadata: { name: "bots", labels: { prometheus: "main" } },
      spec: {
        selector: { matchLabels: one("NetworkPolicy", manifests).spec?.podSelector?.matchLabels },
        podTargetLabels: ["rig-edge/agent"],
        podMetricsEndpoints: [{ port: "http", path: "/metrics", interval: "30s" }],
      },
    });
  });

  it("add a ServiceMonitor for the agents' Services", async () => {
    const serviceMonitor = { enabled: true, labels: { prometheus: "main" } };
    const manifests = await render({ ...fourAgents, serviceMonitor });
    const monitor = manifests.find(({ kind }) => kind === "ServiceMonitor");
    const selector = one("NetworkPolicy", manifests).spec?.podSelector?.matchLabels ?? { never: "" };
    expect(monitor).toMatchObject({
      apiVersion: "monitoring.coreos.com/v1",
      metadata: { name: "bridge-gateway-bridge", labels: { prometheus: "main" } },
      spec: {
        selector: { matchLabels: selector },
        targetLabels: ["rig-edge/agent"],
        endpoints: [{ port: "http", path: "/metrics" }],
      },
    });
    for (const service of ofKind("Service", manifests)) {
      expect(service.metadata.labels).toMatchObject(selector);
      expect(service.spec?.ports?.map(({ name }) => name)).toEqual(["http"]);
    }
    expect((await four).map(({ kind }) => kind)).not.toContain("ServiceMonitor");
  });
});

/** What a container finds in its environment, of what the release itself brings. */
function environmentOf(manifests: Manifest[], agent: string): Record<string, string | undefined> {
  const [container] = one("Deployment", manifests, agent).spec?.template.spec?.containers ?? [];
  const named = (name: string) => manifests.filter(({ metadata }) => metadata.name === name);
  const environment: Record<string, string | undefined> = {};
  for (const { configMapRef } of container?.envFrom ?? [])
    for (const { data } of ofKind("ConfigMap", named(configMapRef?.name ?? "")))
      Object.assign(environment, data);
  for (const { name, value, valueFrom } of container?.env ?? []) {
    const { name: secret, key } = valueFrom?.secretKeyRef ?? {};
    const [chartSecret] = ofKind("Secret", named(secret ?? ""));
    // A Secret that somebody else made has what the chart asks of it.
    environment[name] =
      value ?? (chartSecret === undefined ? `${secret}-${key}` : contentOf(chartSecret)[key ?? ""]);
  }
  return environment;
}
