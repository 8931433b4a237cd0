/** The chart as helm renders it, without a cluster. */
import type { IDeployment } from "kubernetes-models/apps/v1";
import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1";
import type { IConfigMap, IPod, ISecret, IService, IServiceAccount } from "kubernetes-models/v1";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { chartDirectory } from "../../charts/readme.ts";
import { runTool } from "./kubernetes-tools.ts";

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** What the chart renders of Kubernetes' own. */
export interface Kinds {
  ConfigMap: IConfigMap;
  Deployment: IDeployment;
  NetworkPolicy: INetworkPolicy;
  Pod: IPod;
  PodDisruptionBudget: IPodDisruptionBudget;
  Secret: ISecret;
  Service: IService;
  ServiceAccount: IServiceAccount;
}

export const AGENT_LABEL = "rig-edge/agent";

/** Everything of a release, in helm's order. @throws Error with helm's message when it refuses. */
export async function render(values: object, release = "bridge"): Promise<Manifest[]> {
  const { code, stdout, stderr } = await template(values, release);
  if (code !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => manifestSchema.parse(document.toJS()));
}

/** Why helm refuses the values: its lines, without what it puts around them. @throws Error when it takes them. */
export async function refusal(values: object): Promise<string[]> {
  const { code, stderr } = await template(values, "bridge");
  if (code === 0) throw new Error("helm takes these values");
  return stderr
    .replace(/^Error: (execution error at \([^)]*\): )?/, "")
    .replace(/\n+Use --debug flag.*/s, "")
    .trim()
    .split("\n")
    .map((line) => line.replace(/^ *- /, ""));
}

/** What `helm install` tells at its end. */
export async function notes(values: object): Promise<string> {
  const args = ["install", "bridge", chartDirectory, "--dry-run=client", "--namespace", "agents"];
  const { code, stdout, stderr } = await runTool("helm", [...args, "--values", "-"], JSON.stringify(values));
  if (code !== 0) throw new Error(stderr);
  return stdout.slice(stdout.indexOf("NOTES:\n") + "NOTES:\n".length);
}

/** Manifests of one kind, typed as `validity.test.ts` proves them to be. */
export function ofKind<K extends keyof Kinds>(
  kind: K,
  manifests: readonly Manifest[],
): (Kinds[K] & Manifest)[] {
  return manifests.filter((manifest) => manifest.kind === kind) as (Kinds[K] & Manifest)[];
}

/** The one manifest of a kind and, where there are several, of an agent. @throws Error unless there is exactly one. */
export function one<K extends keyof Kinds>(
  kind: K,
  manifests: readonly Manifest[],
  agent?: string,
): Kinds[K] & Manifest {
  const found = ofKind(kind, manifests).filter(
    ({ metadata }) => agent === undefined || metadata.labels?.[AGENT_LABEL] === agent,
  );
  const [manifest] = found;
  if (manifest === undefined || found.length > 1)
    throw new Error(`${found.length} × ${kind} of ${agent ?? "the release"}`);
  return manifest;
}

/** What a Secret holds, as its readers see it. */
export function contentOf({ data = {} }: ISecret): Record<string, string> {
  const decode = (value: string) => Buffer.from(value, "base64").toString();
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)]));
}

/** The agent that a manifest belongs to; `undefined` for what all share. */
export function agentOf(manifest: Manifest): string | undefined {
  return manifest.metadata.labels?.[AGENT_LABEL];
}

/** Pod templates and pods: all that runs containers. */
export function podsOf(manifests: readonly Manifest[]) {
  return [
    ...ofKind("Pod", manifests).map(({ metadata, spec }) => ({ name: metadata.name, metadata, spec })),
    ...ofKind("Deployment", manifests).map(({ metadata, spec }) => ({
      name: metadata.name,
      metadata: spec?.template.metadata,
      spec: spec?.template.spec,
    })),
  ];
}

function template(values: object, release: string) {
  const args = ["template", release, chartDirectory, "--namespace", "agents", "--values", "-"];
  return runTool("helm", args, JSON.stringify(values));
}
