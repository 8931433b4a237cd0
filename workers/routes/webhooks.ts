import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { agents } from "../../agents/index.ts";
import { findAgentIfAny } from "../../durable-objects/agent/find-agent.ts";
import { callHub } from "../../durable-objects/clients/calls.ts";
import type { Env } from "../../durable-objects/env.ts";
import { resolveEnvReferences, secretReader } from "../../shared/character/secrets.ts";
import type { WebhookSource } from "../../shared/character/sections/triggers.ts";
import { BUSY } from "../../shared/chat/message.ts";
import { mediaType } from "../../shared/http/text-body.ts";
import { createLogger } from "../../shared/log.ts";
import { type InboundEvent, MAX_EVENT_ID } from "../../shared/session/event.ts";
import { sessionName } from "../../shared/session/name.ts";
import { postedTarget } from "../../shared/session/posted-target.ts";
import { skipReason } from "../../shared/webhook/delivery.ts";
import { textAt } from "../../shared/webhook/field.ts";
import { webhookPrompt } from "../../shared/webhook/prompt.ts";
import { digestOf, isSignedBy } from "../../shared/webhook/signature.ts";
import { decodeUtf8 } from "../body.ts";
import { RequestError } from "../errors.ts";

/**
 * Largest delivery in bytes. GitHub cuts off at 25 MB, which it comes near only with pushes of thousands of commits; a
 * Worker has 128 MB for all that it does at once.
 */
const MAX_DELIVERY = 5 * 1024 * 1024;

const log = createLogger();

/** A source of an agent. */
interface Door {
  agent: string;
  source: string;
  settings: WebhookSource;
}

/**
 * Webhooks, open to everybody who can sign: `POST /agents/:agent/webhook/:source`, and the original's
 * `POST /webhook/:source` for a source that one agent alone has.
 */
export function webhookRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  const limit = bodyLimit({
    maxSize: MAX_DELIVERY,
    onError: () => {
      throw new RequestError(413, "body_too_large", `Expected at most ${MAX_DELIVERY} bytes.`);
    },
  });
  routes.post("/agents/:agent/webhook/:source", limit, (c) => {
    const { agent, source } = c.req.param();
    return receive(c, findDoor(agent, source));
  });
  routes.post("/webhook/:source", limit, (c) => {
    const [door, ...others] = agents.ids.flatMap((agent) => findDoor(agent, c.req.param("source")) ?? []);
    if (others.length === 0) return receive(c, door);
    const message = "Several agents have this webhook: expected /agents/<agent>/webhook/<source>.";
    throw new RequestError(404, "unknown_webhook", message);
  });
  return routes;
}

function findDoor(agent: string, source: string): Door | undefined {
  const webhooks = findAgentIfAny(agent)?.character.webhooks ?? {};
  const settings = Object.hasOwn(webhooks, source) ? webhooks[source] : undefined;
  return settings && { agent, source, settings };
}

/** Answers 202 once the delivery is stored, 200 when there is nothing to store. */
async function receive(c: Context<{ Bindings: Env }>, door: Door | undefined): Promise<Response> {
  if (!door)
    throw new RequestError(404, "unknown_webhook", "There is no such agent, or it has no such webhook.");
  const { agent, source, settings } = door;
  const body = await c.req.arrayBuffer();
  await verify(c, door, body);
  const event = c.req.header("X-GitHub-Event");
  if (event === "ping") return c.json({ pong: true });
  const id = await eventId(c, door, body);
  c.set("trace", id);
  const delivery = { event, payload: readPayload(c, body) };
  const skipped = skipReason(delivery, settings);
  if (skipped !== undefined) {
    log.log("info", "webhook.skipped", { trace: id, agent, source, why: skipped });
    return c.json({ skipped });
  }
  const secret = secretReader({ ...c.env }, agent);
  const sender = textAt(delivery.payload, "sender.login", 100);
  const inbound: InboundEvent = {
    id,
    author: { id: `webhook:${source}`, name: sender || source },
    text: webhookPrompt(source, delivery, settings.promptTemplate),
    target: postedTarget(settings, { webhooks: source }, secret),
    mayBeQuiet: true,
  };
  const name = sessionName({ agent, conversation: `webhook:${source}` });
  const receipt = await c.env.CHANNEL_SESSION.getByName(name).accept(inbound);
  if (receipt.status === "busy") {
    c.header("Retry-After", "60");
    throw new RequestError(429, BUSY.code, BUSY.message);
  }
  if (findAgentIfAny(agent)?.character.heartbeat) noteDelivery(c, door, id);
  return c.json({ id, turn: receipt.turn, duplicate: receipt.status === "duplicate" }, 202);
}

/** For the agent's heartbeat, and nobody waits for it. */
function noteDelivery(c: Context<{ Bindings: Env }>, { agent, source }: Door, trace: string): void {
  const noted = callHub(c.env, agent, async (hub) => hub.noteDelivery(source));
  c.executionCtx.waitUntil(
    noted.catch((error: unknown) =>
      log.log("warn", "webhook.not_noted", { trace, agent, source, cause: String(error) }),
    ),
  );
}

/** @throws RequestError 503 without a secret, 401 for a delivery that is not signed with it. */
async function verify(c: Context<{ Bindings: Env }>, door: Door, body: ArrayBuffer): Promise<void> {
  const { secret, insecure, signatureHeader, signaturePrefix: prefix } = door.settings;
  if (!secret && insecure) return;
  const signature = c.req.header(signatureHeader);
  if (await isSignedBy(body, signature ?? "", { secret: secretOf(c.env, door), prefix })) return;
  const problem = signature === undefined ? "is missing" : "is not the signature of this body";
  log.log("warn", "webhook.refused", { agent: door.agent, source: door.source, why: problem });
  throw new RequestError(401, "bad_signature", `The header ${signatureHeader} ${problem}.`);
}

/** A door without a lock stays shut. */
function secretOf(env: Env, { agent, source, settings }: Door): string {
  const reading = resolveEnvReferences(settings.secret ?? "", secretReader({ ...env }, agent));
  if ("value" in reading && reading.value !== "") return reading.value;
  const missing =
    "missing" in reading
      ? `the secret ${reading.missing.join(", ")} is not set`
      : `character.json names no secret for the webhook "${source}"`;
  throw new RequestError(503, "webhook_secret_missing", `Nothing is taken here: ${missing}.`);
}

/** @throws RequestError 415, 400 */
function readPayload(c: Context, body: ArrayBuffer): unknown {
  const type = mediaType(c.req.header("Content-Type") ?? "");
  const text = decodeUtf8(body);
  if (type === "application/json" || type.endsWith("+json")) return parse(text);
  if (type === "application/x-www-form-urlencoded")
    return parse(new URLSearchParams(text).get("payload") ?? "");
  const message = `Expected Content-Type application/json or application/x-www-form-urlencoded, found ${type || "none"}.`;
  throw new RequestError(415, "unsupported_media_type", message);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(400, "invalid_json", "The payload is not valid JSON.");
  }
}

/** The delivery's identity: what its sender calls it, else what is in it. */
async function eventId(c: Context, { source, settings }: Door, body: ArrayBuffer): Promise<string> {
  const header = settings.idHeader ?? "X-GitHub-Delivery";
  const id = `webhook:${source}:${c.req.header(header) || (await digestOf(body))}`;
  if (id.length <= MAX_EVENT_ID) return id;
  return `webhook:${await digestOf(new TextEncoder().encode(id))}`;
}
