import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { shardStandings } from "../../durable-objects/agent/standings.ts";
import type { LinkApi, Signed } from "../../durable-objects/contracts.ts";
import type { Env, Stub } from "../../durable-objects/env.ts";
import { linkName } from "../../shared/bridge/link-name.ts";
import { MAX_BATCH_BYTES } from "../../shared/bridge/protocol.ts";
import { TIMESTAMP_HEADER, verifyRequest } from "../../shared/bridge/signature.ts";
import { secretReader } from "../../shared/character/secrets.ts";
import { requireAdmin } from "../auth.ts";
import { parseBody } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";
import { eventBatch, leaseRequest, releaseRequest } from "./bridge-requests.ts";

/** What a verified request brings. */
interface Verified extends Signed {
  body: ArrayBuffer;
}

type BridgeEnv = { Bindings: Env; Variables: { request: Verified } };

/** The gateway's doors, mounted at `/agents/:agent/gateway`. @see shared/bridge/protocol.ts */
export function gatewayRoutes(): Hono<BridgeEnv> {
  const routes = new Hono<BridgeEnv>();

  // For people: which gateways there are, and not one of their doors.
  routes.get("/", requireAdmin, async (c) => {
    const { id } = requireAgent(c.req.param("agent") ?? "");
    const now = Date.now();
    const shards = (await shardStandings(c.env, id)).map(({ holder, expiresAt }) => ({
      gateway: expiresAt > now ? holder : null,
      heardUntil: expiresAt === 0 ? null : expiresAt,
    }));
    return c.json({ shards });
  });

  routes.post("/lease", verified, async (c) => {
    const { body, signedAt } = c.var.request;
    const request = parseBody(body, leaseRequest);
    const answer = await linkOf(c, request).lease({ ...request, signedAt });
    return "granted" in answer ? c.json(answer.granted) : c.json(answer.refused, 409);
  });

  routes.post("/events", verified, async (c) => {
    const { body, signedAt } = c.var.request;
    const batch = parseBody(body, eventBatch);
    if (batch.events.length > 1 && body.byteLength > MAX_BATCH_BYTES) {
      const message = `Expected a batch of at most ${MAX_BATCH_BYTES} bytes; a single event may be larger.`;
      throw new RequestError(413, "batch_too_large", message);
    }
    const answer = await linkOf(c, batch).events({ ...batch, signedAt });
    return "acknowledged" in answer ? c.json(answer.acknowledged) : c.json(answer.fenced, 409);
  });

  routes.post("/release", verified, async (c) => {
    const { body, signedAt } = c.var.request;
    const request = parseBody(body, releaseRequest);
    const answer = await linkOf(c, request).release({ ...request, signedAt });
    return answer ? c.json(answer.fenced, 409) : c.json({});
  });

  return routes;
}

/**
 * Lets only signed requests pass, and says whether there is such an agent to those only. What passes twice within the
 * window of its signature is harmless: leases go by the time of signing (lease.ts), events by their identity.
 */
const verified = createMiddleware<BridgeEnv>(async (c, next) => {
  const agent = c.req.param("agent") ?? "";
  const secret = secretReader({ ...c.env }, agent);
  const secrets = ["BRIDGE_SECRET", "BRIDGE_SECRET_PREVIOUS"].flatMap((name) => secret(name) ?? []);
  const body = await c.req.arrayBuffer();
  const { pathname, search } = new URL(c.req.url);
  const request = {
    method: c.req.method,
    path: pathname + search,
    body: new Uint8Array(body),
    headers: c.req.raw.headers,
  };
  const verification = await verifyRequest(request, { secrets, now: Date.now() });
  if (!verification.ok) {
    const { reason, message } = verification;
    if (reason === "unconfigured") throw secretMissing();
    throw new RequestError(401, `signature_${reason}`, message);
  }
  requireAgent(agent);
  c.set("request", { body, signedAt: Number(c.req.header(TIMESTAMP_HEADER)) });
  await next();
});

/** A door without a lock stays shut. */
function secretMissing(): RequestError {
  const message = "The secret BRIDGE_SECRET is not set: run `npx wrangler secret put BRIDGE_SECRET`.";
  return new RequestError(503, "bridge_secret_missing", message);
}

function linkOf(
  c: Context<BridgeEnv>,
  { shard: [index] }: { shard: readonly [number, number] },
): Stub<LinkApi> {
  return c.env.GATEWAY_LINK.getByName(linkName({ agent: c.req.param("agent") ?? "", shard: index }));
}
