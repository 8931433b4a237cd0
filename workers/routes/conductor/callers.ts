/** Who may speak to the conductor, and for whom. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Env } from "../../../durable-objects/env.ts";
import { equalInConstantTime } from "../../../shared/auth/constant-time.ts";
import { allTokens, coordinatorToken, isOpen, tokenFor } from "../../../shared/conductor/tokens.ts";
import { isAdmin } from "../../auth.ts";
import { RequestError } from "../../errors.ts";

/** Who may speak for every agent (the admin, the coordinator, anybody where it is open), or an agent for its own. */
type Caller = { kind: "trusted" } | { kind: "agent"; token: string };

export interface ConductorContext {
  Bindings: Env;
  Variables: { caller: Caller };
}

/** Lets those pass who show an agent's token or the admin's, and everybody when the conductor is open. */
export const requireCaller = createMiddleware<ConductorContext>(async (c, next) => {
  const caller = await findCaller(c);
  if (caller === null) {
    c.header("WWW-Authenticate", 'Bearer realm="rig-edge"');
    const message = "Expected a CONDUCTOR_TOKEN or the admin token: Authorization: Bearer <token>";
    throw new RequestError(401, "unauthorized", message);
  }
  c.set("caller", caller);
  await next();
});

/** @throws RequestError 403 when the caller is another agent. */
export async function requireSpeaker(c: Context<ConductorContext>, agentId: string): Promise<void> {
  const caller = c.var.caller;
  if (caller.kind === "trusted") return;
  const token = tokenFor(c.env, agentId);
  if (token !== undefined && (await equalInConstantTime(caller.token, token))) return;
  throw new RequestError(403, "not_your_agent", `This token does not speak for agent ${agentId}`);
}

async function findCaller(c: Context<ConductorContext>): Promise<Caller | null> {
  if (isOpen(c.env)) return { kind: "trusted" };
  const token = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (token !== undefined) {
    const coordinator = coordinatorToken(c.env);
    if (coordinator !== undefined && (await equalInConstantTime(token, coordinator)))
      return { kind: "trusted" };
    const matches = await Promise.all(allTokens(c.env).map((known) => equalInConstantTime(token, known)));
    if (matches.includes(true)) return { kind: "agent", token };
  }
  return (await isAdmin(c)) ? { kind: "trusted" } : null;
}
