import { Hono } from "hono";
import { carryOut } from "../../durable-objects/agent/interaction/carry-out.ts";
import type { Env } from "../../durable-objects/env.ts";
import { type SecretReader, secretNames, secretReader } from "../../shared/character/secrets.ts";
import { interactionEventId } from "../../shared/discord/event-id.ts";
import type { Interaction } from "../../shared/interaction/interaction.ts";
import { planInteraction } from "../../shared/interaction/plan.ts";
import { readInteraction } from "../../shared/interaction/read-interaction.ts";
import { readPublicKeys, verifyInteraction } from "../../shared/interaction/signature.ts";
import { createLogger } from "../../shared/log.ts";
import { decodeUtf8, parseJson } from "../body.ts";
import { RequestError } from "../errors.ts";
import { requireAgent } from "./agents.ts";

const log = createLogger();

/** Discord's door, mounted at `/agents/:agent/interactions`: the endpoint URL of the agent's application. */
export function interactionRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();
  routes.post("/", async (c) => {
    const now = Date.now();
    const agentId = c.req.param("agent") ?? "";
    const secret = secretReader({ ...c.env }, agentId);
    const body = await c.req.arrayBuffer();
    await verify(c.req.raw.headers, body, { agent: agentId, secret, now });
    // Whether there is such an agent is told to those only who can sign.
    const agent = requireAgent(agentId);
    const { interaction, unread } = read(body);
    requireApplication(interaction, secret("DISCORD_APPLICATION_ID"));
    const trace = interaction.kind === "ping" ? undefined : interactionEventId(interaction.id);
    if (trace !== undefined) c.set("trace", trace);
    const plan = planInteraction(interaction, agent, now);
    const told = log.with({ agent: agentId, trace });
    if (unread) told.log("warn", "event.partly_read", { type: "interaction", problem: unread.join("; ") });
    return c.json(await carryOut(plan, { agent, env: c.env, log: told, now }));
  });
  return routes;
}

interface Lock {
  agent: string;
  secret: SecretReader;
  now: number;
}

/** @throws RequestError 503 without a key, 401 for a request that Discord has not signed just now. */
async function verify(headers: Headers, body: ArrayBuffer, { agent, secret, now }: Lock): Promise<void> {
  const publicKeys = readPublicKeys(secret("DISCORD_PUBLIC_KEY") ?? "");
  if (!publicKeys) throw keyMissing(agent);
  const verification = await verifyInteraction({ headers, body: new Uint8Array(body) }, { publicKeys, now });
  if (verification.ok) return;
  throw new RequestError(401, `signature_${verification.reason}`, verification.message);
}

/** A door without a lock stays shut. */
function keyMissing(agent: string): RequestError {
  const names = secretNames(agent, "DISCORD_PUBLIC_KEY").join(" or ");
  const message = `Nothing is taken here: expected the application's public key (64 hexadecimal digits, or several keys separated by spaces) in ${names}.`;
  return new RequestError(503, "public_key_missing", message);
}

/** @throws RequestError 400 */
function read(body: ArrayBuffer): { interaction: Interaction; unread: readonly string[] | undefined } {
  const reading = readInteraction(parseJson(decodeUtf8(body)));
  if ("value" in reading) return { interaction: reading.value, unread: reading.unread };
  throw new RequestError(400, "invalid_interaction", reading.problem);
}

/** @throws RequestError 401 for an interaction of another application that has the same key. */
function requireApplication({ applicationId }: Interaction, expected: string | undefined): void {
  if (expected === undefined || applicationId === undefined || applicationId === expected) return;
  const message = "application_id: expected the application of this agent (DISCORD_APPLICATION_ID).";
  throw new RequestError(401, "wrong_application", message);
}
