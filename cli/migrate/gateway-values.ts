/** Values of the chart gateway-bridge for migrated agents. */
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isNode, parseDocument } from "yaml";
import type { GatewayEntry } from "./migrated-agent.ts";
import { MigrationStopped } from "./stopped.ts";

/** Where the values are written. */
export const gatewayValuesFile = "values.gateway-bridge.yaml";

/** Stands for the Worker's address until it is known. */
const exampleWorkerUrl = "https://rig-edge.example.workers.dev";

const heading = ` Values of the chart gateway-bridge: one release bridges all agents.
   helm upgrade --install bridge charts/gateway-bridge --values ${gatewayValuesFile}`;

/** An agent with what the chart needs to know of it. */
export interface GatewayAgent {
  id: string;
  entry: GatewayEntry;
}

/** How values are written. */
export interface GatewayValuesOptions {
  /** Origin of the Worker, where it is known. */
  workerUrl: string | undefined;
  /** Entries that are there are replaced. */
  force: boolean;
}

/**
 * Adds agents to a values file, whose comments and other entries stay.
 *
 * @param existing its text, if it is there.
 * @param workerUrl the default of all agents; without one the file's own stays, or an example stands for it.
 * @throws MigrationStopped when the text is none of such a file, or has one of the agents and `force` is not set.
 */
export function withGatewayAgents(
  existing: string | undefined,
  agents: readonly GatewayAgent[],
  { workerUrl, force }: GatewayValuesOptions,
): string {
  const document = existing === undefined ? emptyValues() : readExisting(existing);
  const url = workerUrl ?? document.getIn(["defaults", "workerUrl"]) ?? exampleWorkerUrl;
  document.setIn(["defaults", "workerUrl"], url);
  for (const { id, entry } of agents) {
    const { existingSecret, scheduling } = entry;
    const wanted = { existingSecret, ...scheduling };
    const node: unknown = document.getIn(["agents", id], true);
    const found: unknown = isNode(node) ? node.toJS(document) : undefined;
    if (isDeepStrictEqual(found, wanted)) continue;
    if (found !== undefined && !force) {
      const message = `${gatewayValuesFile}: agents.${id} is there already; --force replaces it`;
      throw new MigrationStopped("conflict", message);
    }
    document.setIn(["agents", id], document.createNode(wanted));
  }
  return document.toString({ lineWidth: 0 });
}

function emptyValues(): Document {
  const document = parseDocument("defaults: {}\nagents: {}\n");
  document.commentBefore = heading;
  for (const name of ["defaults", "agents"]) {
    const map = document.get(name);
    if (isMap(map)) map.flow = false;
  }
  return document;
}

function readExisting(text: string): Document {
  const document = parseDocument(text);
  const agents = document.get("agents");
  if (document.errors.length > 0 || !(isMap(agents) || agents == null)) {
    const message = `${gatewayValuesFile}: expected values of the chart gateway-bridge; move the file out of the way`;
    throw new MigrationStopped("conflict", message);
  }
  if (isMap(agents)) agents.flow = false;
  return document;
}
