/**
 * What a kubelet starts for the chart's Deployment, read from what helm has rendered. A field of the container that is not
 * understood here is an error, so that what runs is what the Deployment says.
 */
import * as z from "zod";
import { type Manifest, one } from "../chart.ts";
import type { User } from "./container.ts";

export interface PodSpec {
  command: readonly string[];
  env: Readonly<Record<string, string>>;
  user: User;
  replicas: number;
  terminationGracePeriodSeconds: number;
  readinessPath: string;
}

const named = { name: z.string() };
const containerSchema = z.strictObject({
  ...named,
  command: z.array(z.string()),
  envFrom: z.array(z.strictObject({ configMapRef: z.strictObject(named) })),
  env: z.array(
    z.union([
      z.strictObject({ ...named, value: z.string() }),
      z.strictObject({
        ...named,
        valueFrom: z.strictObject({ secretKeyRef: z.strictObject({ ...named, key: z.string() }) }),
      }),
    ]),
  ),
  readinessProbe: z.object({ httpGet: z.object({ path: z.string() }) }),
  securityContext: z.strictObject({
    readOnlyRootFilesystem: z.literal(true),
    allowPrivilegeEscalation: z.literal(false),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  // What is around the process, not in it.
  image: z.string(),
  imagePullPolicy: z.string(),
  livenessProbe: z.unknown().optional(),
  ports: z.unknown().optional(),
  resources: z.unknown().optional(),
});
const deploymentSchema = z.object({
  spec: z.object({
    replicas: z.int(),
    // A new pod is there before an old one goes.
    strategy: z.object({ rollingUpdate: z.object({ maxSurge: z.literal(1), maxUnavailable: z.literal(0) }) }),
    template: z.object({
      spec: z.object({
        containers: z.tuple([containerSchema]),
        initContainers: z.never().optional(),
        volumes: z.never().optional(),
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.object({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int(),
          runAsGroup: z.int(),
        }),
      }),
    }),
  }),
});

/** The pod of a release with one agent. @throws Error when it is not understood, or names what the release has not. */
export function readPod(manifests: readonly Manifest[]): PodSpec {
  const { replicas, template } = deploymentSchema.parse(one("Deployment", manifests)).spec;
  const { securityContext, terminationGracePeriodSeconds, containers } = template.spec;
  const [container] = containers;
  const configMap = one("ConfigMap", manifests);
  const secret = one("Secret", manifests);
  const env: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom) {
    if (configMapRef.name !== configMap.metadata.name) throw new Error(`${configMapRef.name} is not there`);
    Object.assign(env, configMap.data);
  }
  for (const entry of container.env) {
    if ("value" in entry) env[entry.name] = entry.value;
    else {
      const { name, key } = entry.valueFrom.secretKeyRef;
      const encoded = name === secret.metadata.name ? secret.data?.[key] : undefined;
      if (encoded === undefined) throw new Error(`${name} with ${key} is not there`);
      env[entry.name] = Buffer.from(encoded, "base64").toString();
    }
  }
  return {
    command: container.command,
    env,
    user: { uid: securityContext.runAsUser, gid: securityContext.runAsGroup },
    replicas,
    terminationGracePeriodSeconds,
    readinessPath: container.readinessProbe.httpGet.path,
  };
}
