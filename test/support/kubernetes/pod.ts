/**
 * What a kubelet starts for a Deployment: command, environment and user, read from rendered manifests. A field that changes
 * how a container runs and is not understood here is an error, so that what runs is what the Deployment says.
 */
import * as z from "zod";

export interface PodSpec {
  command?: readonly string[];
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  user: { uid: number; gid: number };
  replicas: number;
  terminationGracePeriodSeconds: number;
  readinessPath: string;
  resources: z.infer<typeof resourcesSchema>;
}

const keyRefSchema = z.object({ name: z.string(), key: z.string(), optional: z.boolean().optional() });
const envSchema = z.union([
  z.strictObject({ name: z.string(), value: z.string() }),
  z.strictObject({
    name: z.string(),
    valueFrom: z.union([
      z.strictObject({ secretKeyRef: keyRefSchema }),
      z.strictObject({ configMapKeyRef: keyRefSchema }),
      z.strictObject({ fieldRef: z.object({ fieldPath: z.literal("metadata.name") }) }),
    ]),
  }),
]);
const sourceSchema = z.object({ name: z.string(), optional: z.boolean().optional() });
const envFromSchema = z.union([
  z.strictObject({ configMapRef: sourceSchema }),
  z.strictObject({ secretRef: sourceSchema }),
]);
const resourcesSchema = z.object({
  requests: z.record(z.string(), z.string()),
  limits: z.record(z.string(), z.string()),
});
const probeSchema = z.object({ httpGet: z.object({ path: z.string() }) });
const containerSchema = z.strictObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(envSchema).default([]),
  envFrom: z.array(envFromSchema).default([]),
  resources: resourcesSchema,
  readinessProbe: probeSchema,
  securityContext: z.object({
    runAsUser: z.int().optional(),
    runAsGroup: z.int().optional(),
    readOnlyRootFilesystem: z.literal(true),
    allowPrivilegeEscalation: z.literal(false),
  }),
  imagePullPolicy: z.unknown(),
  livenessProbe: z.unknown(),
  startupProbe: z.unknown(),
  ports: z.unknown(),
});
const deploymentSchema = z.object({
  kind: z.literal("Deployment"),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.int(),
    template: z.object({
      spec: z.object({
        containers: z.tuple([containerSchema]),
        initContainers: z.undefined(),
        volumes: z.undefined(),
        terminationGracePeriodSeconds: z.int(),
        securityContext: z.object({
          runAsNonRoot: z.literal(true),
          runAsUser: z.int().optional(),
          runAsGroup: z.int().optional(),
        }),
      }),
    }),
  }),
});
const configMapSchema = z.object({
  kind: z.literal("ConfigMap"),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()),
});
const secretSchema = z.object({
  kind: z.literal("Secret"),
  metadata: z.object({ name: z.string() }),
  data: z.record(z.string(), z.string()).default({}),
  stringData: z.record(z.string(), z.string()).default({}),
});

type Values = Readonly<Record<string, string>>;

/**
 * @param manifests of one release, parsed.
 * @param podName of the pod, which its environment may name.
 * @throws Error when there is not exactly one Deployment, or it is not understood.
 */
export function readPod(manifests: readonly unknown[], podName: string): PodSpec {
  const [deployment, ...others] = ofKind(manifests, deploymentSchema, "Deployment");
  if (!deployment || others.length > 0) throw new Error("expected one Deployment");
  const configMaps = new Map(
    ofKind(manifests, configMapSchema, "ConfigMap").map(({ metadata, data }) => [metadata.name, data]),
  );
  const secrets = new Map(
    ofKind(manifests, secretSchema, "Secret").map(({ metadata, data, stringData }) => [
      metadata.name,
      { ...fromBase64(data), ...stringData },
    ]),
  );
  const { spec } = deployment.spec.template;
  const [container] = spec.containers;
  const env: Record<string, string> = {};
  for (const source of container.envFrom) {
    const [sources, ref] =
      "secretRef" in source ? [secrets, source.secretRef] : [configMaps, source.configMapRef];
    Object.assign(env, sources.get(ref.name) ?? absent(`${ref.name}`, ref.optional, {}));
  }
  for (const entry of container.env) {
    const value =
      "value" in entry ? entry.value : valueFrom(entry.valueFrom, { configMaps, secrets, podName });
    if (value !== null) env[entry.name] = value;
  }
  const own = container.securityContext;
  const uid = own.runAsUser ?? spec.securityContext.runAsUser;
  const gid = own.runAsGroup ?? spec.securityContext.runAsGroup;
  if (uid === undefined || gid === undefined) throw new Error("expected runAsUser and runAsGroup");
  return {
    ...(container.command && { command: container.command }),
    ...(container.args && { args: container.args }),
    env,
    user: { uid, gid },
    replicas: deployment.spec.replicas,
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds,
    readinessPath: container.readinessProbe.httpGet.path,
    resources: container.resources,
  };
}

interface Sources {
  configMaps: ReadonlyMap<string, Values>;
  secrets: ReadonlyMap<string, Values>;
  podName: string;
}

type ValueFrom = Extract<z.infer<typeof envSchema>, { valueFrom: unknown }>["valueFrom"];

function valueFrom(source: ValueFrom, { configMaps, secrets, podName }: Sources): string | null {
  if ("fieldRef" in source) return podName;
  const [sources, ref] =
    "secretKeyRef" in source ? [secrets, source.secretKeyRef] : [configMaps, source.configMapKeyRef];
  return sources.get(ref.name)?.[ref.key] ?? absent(`${ref.name}: ${ref.key}`, ref.optional, null);
}

function absent<T>(name: string, isOptional: boolean | undefined, value: T): T {
  if (!isOptional) throw new Error(`${name} is not in the release`);
  return value;
}

function fromBase64(data: Values): Values {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
  );
}

function ofKind<T extends z.ZodType>(manifests: readonly unknown[], schema: T, kind: string): z.infer<T>[] {
  const isOfKind = (manifest: unknown) => z.object({ kind: z.literal(kind) }).safeParse(manifest).success;
  return manifests.filter(isOfKind).map((manifest) => schema.parse(manifest));
}
