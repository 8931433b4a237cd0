/** What of the old charts has no place any more, and why. */
import { isEmpty } from "./fields.ts";
import type { Leftover } from "./migrated-agent.ts";
import type { JsonObject } from "./values-file.ts";

const sizedForAnother = "sized for the whole agent; the gateway's own are in the new chart, by measurement";
const noCli = "the gateway starts no program";

const reasons: ReadonlyMap<string, string> = new Map([
  ["mode", "there is one: a gateway hands messages to the Worker, where conversations run side by side"],
  ["image", "the agent is the Worker; the new chart has an image of its own, for the gateway"],
  ["redis", "a message waits in the inbox of its conversation, a Durable Object, until it is answered"],
  ["workers", "Cloudflare runs as many conversations at once as there are"],
  ["dashboard", "the playground is part of the Worker, behind ADMIN_TOKEN"],
  ["resources", sizedForAnother],
  ["replicaCount", "the new chart runs two gateways for each agent: one holds the lease, one stands by"],
  ["persistence", "nothing is kept in a pod: conversations are in Durable Objects, memory is in D1"],
  ["sessions", "a session is a Durable Object and has no limit of its own"],
  ["cronjobs", "write each as a job of cron in the agent's character.json, see docs/cron.md"],
  ["pool", "a session is a Durable Object: it costs nothing while nobody talks, and none is evicted"],
  ["database", "facts, patterns and usage are in D1; npm run deploy makes it"],
  ["postgres", "facts, patterns and usage are in D1; npm run deploy makes it"],
  ["service", "nothing calls the gateway; webhooks and the playground are addresses of the Worker"],
  ["ingress", "nothing calls the gateway; webhooks and the playground are addresses of the Worker"],
  ["args", noCli],
  ["workingDir", noCli],
]);

/**
 * Names what is left of an object of values.
 *
 * @param carried names of fields that something became of.
 * @param prefix path of the object, with a dot at its end; empty at the top.
 * @param otherwise the reason of what is not known by its name.
 */
export function leftoversOf(
  values: JsonObject,
  carried: readonly string[],
  prefix = "",
  otherwise = "nothing here is known by this name: see whether you still need it",
): Leftover[] {
  return Object.keys(values)
    .filter((name) => !carried.includes(name) && !isEmpty(values[name]))
    .map((name) => ({
      path: prefix + name,
      reason: reasons.get(name) ?? otherwise,
    }));
}
