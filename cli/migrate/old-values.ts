/** The values of the two original charts, as far as something becomes of them here. Everything else stays in the objects. */
import * as z from "zod";
import { formatPath } from "../../shared/character/problems.ts";
import { MigrationStopped } from "./stopped.ts";
import type { JsonObject } from "./values-file.ts";

const fields = (what: string) => z.looseObject({}, `expected ${what}`);
const text = z.string("expected a text");
const flag = z.boolean("expected true or false");
const whole = z.int("expected a whole number");

// These names are printed as parts of shell commands, so they have to be what Kubernetes lets them be.
const objectName = z
  .string("expected the name of a Secret")
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "expected the name of a Secret, such as my-agent-secrets");
const secretKey = z
  .string("expected a key of the Secret")
  .regex(/^[-.\w]+$/, "expected a key of the Secret, such as github-token");
const variableName = z
  .string("expected the name of an environment variable")
  .regex(/^[A-Za-z_]\w*$/, "expected the name of an environment variable, such as GITHUB_TOKEN");

const environmentVariable = z.looseObject(
  {
    name: variableName,
    valueFrom: z
      .looseObject(
        { secretKeyRef: z.looseObject({ name: objectName, key: secretKey }).optional() },
        "expected an object such as secretKeyRef",
      )
      .optional(),
  },
  "expected an object with name, and value or valueFrom",
);

/** A variable of a container's environment. */
export type EnvironmentVariable = z.infer<typeof environmentVariable>;

const schedulingFields = {
  nodeSelector: fields("labels by name").optional(),
  tolerations: z.array(fields("a toleration"), "expected a list of tolerations").optional(),
  affinity: fields("an affinity").optional(),
};

/** `cron` of rig-agent-runtime: its CronJob. */
const cronJob = z.looseObject(
  {
    enabled: flag.default(false),
    schedule: text.optional(),
    timeZone: text.optional(),
    concurrencyPolicy: text.optional(),
    startingDeadlineSeconds: whole.optional(),
    successfulJobsHistoryLimit: whole.optional(),
    failedJobsHistoryLimit: whole.optional(),
    suspend: flag.optional(),
  },
  "expected an object with enabled and schedule",
);

/** The CronJob of an agent. */
export type OldCronJob = z.infer<typeof cronJob>;

/** Values of rig-agent-runtime: one release, one agent. */
export const runtimeValues = z.looseObject({
  mode: text.optional(),
  character: fields(
    "the agent's character (name, personality …); one in a file of its own is named with --character",
  ),
  secrets: z
    .looseObject({ existingSecret: objectName.optional() }, "expected an object with existingSecret")
    .prefault({}),
  cron: cronJob.optional(),
  extraEnv: z.array(environmentVariable, "expected a list of variables").default([]),
  tunnel: z.looseObject({ hostname: text.optional() }, "expected an object with hostname").optional(),
  ...schedulingFields,
});

const brokerDiscord = z.looseObject(
  {
    botToken: text.optional(),
    allowedChannels: z.array(text, "expected a list of channel ids").default([]),
  },
  "expected an object with botToken and allowedChannels",
);

const brokerAgentFields = {
  command: text.optional(),
  agentsMd: text.optional(),
  discord: brokerDiscord.prefault({}),
  env: fields("values by name").prefault({}),
  envFrom: z.array(z.looseObject({}, "expected an object such as secretRef"), "expected a list").default([]),
  reactions: z
    .looseObject(
      { enabled: flag.optional(), removeAfterReply: flag.optional() },
      "expected an object with enabled",
    )
    .optional(),
  ...schedulingFields,
};

const brokerAgent = z.looseObject(brokerAgentFields, "expected an object with command and discord");

/** One agent of agent-broker. */
export type BrokerAgent = z.infer<typeof brokerAgent>;

/** Values of agent-broker with an entry for each agent. */
export const brokerMapValues = z.looseObject({
  agents: z.record(z.string(), brokerAgent, "expected agents by name"),
});

/** Values of the earlier agent-broker: one agent, chosen by `agent.preset`. */
export const brokerPresetValues = z.looseObject({
  agent: z
    .looseObject({ preset: text.optional(), command: text.optional() }, "expected an object with preset")
    .prefault({}),
  ...brokerAgentFields,
});

/**
 * Reads values as a schema of this module says.
 *
 * @throws MigrationStopped naming each field that is something else, and what was expected; never its value.
 */
export function readValues<Schema extends z.ZodType>(schema: Schema, values: JsonObject): z.output<Schema> {
  const reading = schema.safeParse(values);
  if (reading.success) return reading.data;
  const lines = reading.error.issues.map(({ path, message }) => {
    const at = path.map((segment) => (typeof segment === "symbol" ? String(segment) : segment));
    return `${formatPath(at)}: ${message}`;
  });
  throw new MigrationStopped("values", lines.join("\n"));
}
