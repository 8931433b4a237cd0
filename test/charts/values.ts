/** Values that the tests begin with. */

export const WORKER_URL = "https://rig-edge.example.workers.dev";

/** The agents of the chart's first users. */
export const AGENTS = ["kiro", "claude", "codex", "gemini"] as const;

/** One release, four agents; two with a Secret of their own, two with the chart's. */
export const fourAgents = {
  defaults: { workerUrl: WORKER_URL },
  agents: {
    kiro: { existingSecret: "kiro-bridge" },
    claude: { existingSecret: "claude-bridge" },
    codex: { bridgeSecret: "codex-password", discord: { botToken: "codex-token" } },
    gemini: {
      bridgeSecret: "gemini-password",
      discord: { botToken: "gemini-token" },
      env: { NODE_EXTRA_CA_CERTS: "/etc/ssl/proxy.pem" },
      secretEnv: { HTTPS_PROXY: "https://user:gemini-proxy-password@proxy.example" },
    },
  },
};

/** Every value that the chart has, none of them as it is by default. */
export const everything = {
  fullnameOverride: "bots",
  commonLabels: { team: "platform" },
  imagePullSecrets: [{ name: "pull-secret" }],
  defaults: { logLevel: "warn", image: { repository: "registry.example/gateway", pullPolicy: "Always" } },
  agents: {
    "dev-e-first": {
      agentId: "dev-e",
      enabled: true,
      workerUrl: "https://worker.example:8443",
      replicas: 3,
      shards: "0,1/4",
      logLevel: "error",
      image: { tag: "1.2.3", digest: `sha256:${"0123456789abcdef".repeat(4)}` },
      bridgeSecret: "the-password",
      discord: { botToken: "the-token", apiBaseUrl: "https://discord-proxy.example/api/v10" },
      env: { CHANNEL: "1088510058284990888" },
      secretEnv: { PROXY_PASSWORD: "proxy-password" },
      envFrom: [
        { configMapRef: { name: "shared" } },
        { prefix: "P_", secretRef: { name: "proxy", optional: true } },
      ],
      resources: { requests: { cpu: "100m" }, limits: { cpu: null, memory: "256Mi" } },
      nodeSelector: { "kubernetes.io/arch": "arm64" },
      tolerations: [{ key: "spot", operator: "Exists", effect: "NoSchedule" }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "noisy" } } },
          ],
        },
      },
      topologySpreadConstraints: [
        { maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" },
        {
          maxSkew: 1,
          topologyKey: "room",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: { app: "mine" } },
        },
      ],
      priorityClassName: "high",
      podAnnotations: { "example.com/note": "yes" },
      podLabels: { tier: "edge" },
    },
  },
  serviceAccount: { create: true, name: "bots-account", annotations: { "example.com/owner": "platform" } },
  networkPolicy: {
    enabled: true,
    metricsFrom: [{ namespaceSelector: { matchLabels: { name: "monitoring" } } }],
    extraEgress: [{ ports: [{ port: 8443, protocol: "TCP" }] }],
  },
  podMonitor: { enabled: true, labels: { prometheus: "main" }, interval: "30s" },
};

/** The least release, with something more about its one agent. */
export function withKiro(fields: object) {
  return { defaults: fourAgents.defaults, agents: { kiro: { existingSecret: "kiro-bridge", ...fields } } };
}
