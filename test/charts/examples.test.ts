/** examples/argocd, examples/flux and examples/secrets: every file is read, and their values go through the chart. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { chartDirectory } from "../../charts/readme.ts";
import { root } from "../support/bundled-worker.ts";
import { ofKind, render } from "../support/chart.ts";
import { toolPath } from "../support/kubernetes-tools.ts";

const run = promisify(execFile);
const examples = join(root, "examples");

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const metadata = z.strictObject({
  name,
  namespace: name,
  finalizers: z.array(z.string()).optional(),
});
const duration = z.string().regex(/^\d+[smh]$/);
const remediation = z.strictObject({ remediation: z.strictObject({ retries: z.int() }) });
const values = z.record(z.string(), z.unknown());

/** What is used of each kind, strictly: a field that is spelled wrongly is a failure. */
const manifests = {
  Application: z.strictObject({
    apiVersion: z.literal("argoproj.io/v1alpha1"),
    kind: z.literal("Application"),
    metadata,
    spec: z.strictObject({
      project: z.string(),
      sources: z.tuple([
        z.strictObject({
          // Argo CD takes an address with a scheme for a repository of another sort.
          repoURL: z.string().regex(/^example\.com\/[a-z/-]+$/),
          chart: z.string(),
          targetRevision: z.string(),
          helm: z.strictObject({ releaseName: name, valueFiles: z.array(z.string()) }),
        }),
        z.strictObject({ repoURL: z.url(), targetRevision: z.string(), ref: z.string() }),
      ]),
      destination: z.strictObject({ server: z.url(), namespace: name }),
      syncPolicy: z.strictObject({
        automated: z.strictObject({ prune: z.boolean(), selfHeal: z.boolean() }),
        syncOptions: z.array(z.string().regex(/^\w+=\w+$/)),
      }),
    }),
  }),
  GitRepository: z.strictObject({
    apiVersion: z.literal("source.toolkit.fluxcd.io/v1"),
    kind: z.literal("GitRepository"),
    metadata,
    spec: z.strictObject({ interval: duration, url: z.url(), ref: z.strictObject({ branch: z.string() }) }),
  }),
  Kustomization: z.strictObject({
    apiVersion: z.literal("kustomize.toolkit.fluxcd.io/v1"),
    kind: z.literal("Kustomization"),
    metadata,
    spec: z.strictObject({
      interval: duration,
      sourceRef: z.strictObject({ kind: z.literal("GitRepository"), name }),
      path: z.string().regex(/^\.\//),
      prune: z.boolean(),
      wait: z.boolean(),
      timeout: duration,
    }),
  }),
  Namespace: z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Namespace"),
    metadata: z.strictObject({ name, labels: z.record(z.string(), z.string()) }),
  }),
  OCIRepository: z.strictObject({
    apiVersion: z.literal("source.toolkit.fluxcd.io/v1"),
    kind: z.literal("OCIRepository"),
    metadata,
    spec: z.strictObject({
      interval: duration,
      url: z.string().regex(/^oci:\/\/example\.com\//),
      ref: z.strictObject({ semver: z.string() }),
      layerSelector: z.strictObject({ mediaType: z.string(), operation: z.literal("copy") }),
    }),
  }),
  HelmRelease: z.strictObject({
    apiVersion: z.literal("helm.toolkit.fluxcd.io/v2"),
    kind: z.literal("HelmRelease"),
    metadata,
    spec: z.strictObject({
      interval: duration,
      releaseName: name,
      chartRef: z.strictObject({ kind: z.literal("OCIRepository"), name }),
      install: remediation,
      upgrade: remediation,
      test: z.strictObject({ enable: z.boolean() }),
      values,
    }),
  }),
  SecretStore: z.strictObject({
    apiVersion: z.literal("external-secrets.io/v1"),
    kind: z.literal("SecretStore"),
    metadata,
    spec: z.strictObject({ provider: z.record(z.string(), z.unknown()) }),
  }),
  ExternalSecret: z.strictObject({
    apiVersion: z.literal("external-secrets.io/v1"),
    kind: z.literal("ExternalSecret"),
    metadata,
    spec: z.strictObject({
      refreshInterval: duration,
      secretStoreRef: z.strictObject({ kind: z.literal("SecretStore"), name }),
      target: z.strictObject({ name, creationPolicy: z.literal("Owner") }),
      data: z.array(
        z.strictObject({
          secretKey: z.string(),
          remoteRef: z.strictObject({ key: z.string(), property: z.string() }),
        }),
      ),
    }),
  }),
};

type Kind = keyof typeof manifests;

async function yamlFiles(folder: string): Promise<string[]> {
  const entries = await readdir(join(examples, folder), { recursive: true });
  return entries.filter((entry) => entry.endsWith(".yaml")).map((entry) => join(folder, entry));
}

async function documents(file: string): Promise<unknown[]> {
  const text = await readFile(join(examples, file), "utf8");
  return parseAllDocuments(text).map((document): unknown => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
}

/** The one manifest of a kind below a folder. */
async function manifest<K extends Kind>(folder: string, kind: K): Promise<z.infer<(typeof manifests)[K]>> {
  const all = (await Promise.all((await yamlFiles(folder)).map(documents))).flat();
  const found = all.filter((document) => z.object({ kind: z.literal(kind) }).safeParse(document).success);
  expect(found).toHaveLength(1);
  return manifests[kind].parse(found[0]) as z.infer<(typeof manifests)[K]>;
}

/** Names of the Secrets that the rendered gateways read, and the keys they read of each. */
async function secretsRead(chartValues: object): Promise<Record<string, string[]>> {
  const deployments = ofKind("Deployment", await render(chartValues));
  expect(deployments.length).toBeGreaterThan(0);
  const references = deployments.flatMap(({ spec }) =>
    (spec?.template.spec?.containers ?? []).flatMap(({ env }) =>
      (env ?? []).flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
    ),
  );
  const keys: Record<string, string[]> = {};
  for (const { name: secret = "", key } of references) keys[secret] = [...(keys[secret] ?? []), key].sort();
  return keys;
}

const chart = z
  .looseObject({ name: z.string(), version: z.string() })
  .parse(parse(await readFile(join(chartDirectory, "Chart.yaml"), "utf8")));
const bridgeSecrets = Object.fromEntries(
  ["conductor-e", "dev-e", "review-e"].map((id) => [`${id}-bridge`, ["bridge-secret", "discord-bot-token"]]),
);

describe("the examples", () => {
  it.each([
    ["argocd", ["Application"]],
    ["flux", ["GitRepository", "HelmRelease", "Kustomization", "Namespace", "OCIRepository"]],
    ["secrets", ["ExternalSecret", "SecretStore"]],
  ] as const)("%s: every manifest has its kind's fields and no others", async (folder, kinds) => {
    const files = (await yamlFiles(folder)).filter((file) => !file.includes("config/"));
    const all = (await Promise.all(files.map(documents))).flat();
    const found = all.map((document) => {
      const { kind } = z.object({ kind: z.enum(kinds) }).parse(document);
      manifests[kind].parse(document);
      return kind;
    });
    expect(found.sort()).toEqual(kinds);
  });

  it("Argo CD takes this chart, and its values from the other source, where they are", async () => {
    const { spec } = await manifest("argocd", "Application");
    const [{ chart: chartName, targetRevision, helm }, { ref }] = spec.sources;
    expect({ name: chartName, version: targetRevision }).toEqual({
      name: chart.name,
      version: chart.version,
    });
    expect(helm.valueFiles.map((file) => file.split("/")[0])).toEqual([`$${ref}`]);
    const [file = ""] = helm.valueFiles.map((path) => relative(`$${ref}`, path));
    const text = await readFile(join(examples, "argocd/config", file), "utf8");
    expect(await secretsRead(parse(text) as object)).toEqual(bridgeSecrets);
  });

  it("Flux takes this chart by a range that its version is in, and values that it accepts", async () => {
    const source = await manifest("flux", "OCIRepository");
    const release = await manifest("flux", "HelmRelease");
    expect(source.spec.url.endsWith(`/${chart.name}`)).toBe(true);
    expect(`${source.spec.ref.semver.replace("~", "").split(".").slice(0, 2).join(".")}.`).toBe(
      `${chart.version.split(".").slice(0, 2).join(".")}.`,
    );
    expect(release.spec.chartRef.name).toBe(source.metadata.name);
    expect(await secretsRead(release.spec.values)).toEqual(bridgeSecrets);
  });

  it("Flux is led from the cluster's folder to the release's", async () => {
    const repository = await manifest("flux", "GitRepository");
    const { spec } = await manifest("flux", "Kustomization");
    expect(spec.sourceRef.name).toBe(repository.metadata.name);
    const files = await readdir(join(examples, "flux", spec.path));
    expect(files.sort()).toEqual(["namespace.yaml", "release.yaml", "source.yaml"]);
    const { metadata: namespace } = await manifest("flux", "Namespace");
    const { metadata: release } = await manifest("flux", "HelmRelease");
    expect(release.namespace).toBe(namespace.name);
  });

  it("the ExternalSecret makes the keys that the gateway reads, of a Secret that the examples name", async () => {
    const { metadata: made, spec } = await manifest("secrets", "ExternalSecret");
    expect(bridgeSecrets[spec.target.name]).toEqual(spec.data.map(({ secretKey }) => secretKey).sort());
    const store = await manifest("secrets", "SecretStore");
    expect({ store: spec.secretStoreRef.name, namespace: made.namespace }).toEqual({
      store: store.metadata.name,
      namespace: store.metadata.namespace,
    });
  });
});

describe("secret-manifest.sh", () => {
  const script = join(examples, "secrets/secret-manifest.sh");
  let bin: string;

  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), "rig-kubectl-"));
    await symlink(await toolPath("kubectl"), join(bin, "kubectl"));
  });

  afterAll(() => rm(bin, { recursive: true }));

  const print = (environment: Record<string, string>, ...args: string[]) =>
    run("bash", [script, ...args], {
      env: { PATH: `${bin}:/usr/bin:/bin`, HOME: bin, KUBECONFIG: "/dev/null", ...environment },
    });

  it("prints the Secret that the chart reads, whatever is in the values", async () => {
    const environment = { DISCORD_BOT_TOKEN: "MTA4.a=b", BRIDGE_SECRET: "p%s'\"$(x) #" };
    const { stdout } = await print(environment, "dev-e-bridge", "--namespace", "agents");
    const secret = z
      .object({
        apiVersion: z.literal("v1"),
        kind: z.literal("Secret"),
        metadata: z.object({ name: z.literal("dev-e-bridge"), namespace: z.literal("agents") }),
        data: z.record(z.string(), z.string()),
      })
      .parse(parse(stdout));
    const plain = Object.entries(secret.data).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    expect(Object.fromEntries(plain)).toEqual({
      "discord-bot-token": environment.DISCORD_BOT_TOKEN,
      "bridge-secret": environment.BRIDGE_SECRET,
    });
  });

  it.each([
    [{ BRIDGE_SECRET: "b" }, ["a"], "DISCORD_BOT_TOKEN: expected the token of the bot"],
    [{ DISCORD_BOT_TOKEN: "a", BRIDGE_SECRET: "" }, ["a"], "BRIDGE_SECRET: expected the password"],
    [{}, [], "Usage: secret-manifest.sh <name of the Secret>"],
  ])("with %j and %j says what is missing", async (environment, args, message) => {
    await expect(print(environment, ...args)).rejects.toMatchObject({
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});
