/** Asks a Worker for an agent and for its gateways. */
import * as z from "zod";
import type { Deployment, Target } from "../target.ts";
import { reasonOf } from "./look-at-endpoint.ts";
import type { WorkerFacts } from "./worker.ts";

/** How long a Worker may take to answer, in milliseconds. */
const DEADLINE_MS = 10_000;

const agentAnswer = z.object({
  provider: z.object({
    name: z.string(),
    demo: z.boolean(),
    ready: z.boolean(),
    note: z.string().nullable(),
  }),
});
const gatewayAnswer = z.object({ shards: z.array(z.object({ gateway: z.string().nullable() })) });

/** @param target a text says why there is no Worker to look at. */
export async function lookAtWorker(agent: string, target: Target): Promise<WorkerFacts> {
  if (typeof target === "string") return { kind: "not-looked-at", why: target };
  const { url } = target;
  const path = `/agents/${encodeURIComponent(agent)}`;
  try {
    const response = await get(target, path);
    if (response.status === 401) return { kind: "unauthorized", url };
    if (response.status === 404) return { kind: "no-agent", url };
    const { provider } = agentAnswer.parse(await json(response));
    const { shards } = gatewayAnswer.parse(await json(await get(target, `${path}/gateway`)));
    return { kind: "seen", url, provider, shards };
  } catch (error) {
    const message =
      error instanceof z.ZodError ? "the answer is not that of a Worker of this release" : reasonOf(error);
    return { kind: "failed", url, message };
  }
}

function get({ url, adminToken }: Deployment, path: string): Promise<Response> {
  return fetch(new URL(path, url), {
    headers: { Authorization: `Bearer ${adminToken}` },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
}

async function json(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.json();
}
