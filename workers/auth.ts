import { lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { usedTickets } from "../d1/schema.ts";
import type { Env } from "../durable-objects/env.ts";
import { equalInConstantTime } from "../shared/auth/constant-time.ts";
import { createLogin, LOGIN_TTL_SECONDS, verifyLogin, verifyTicket } from "../shared/auth/ticket.ts";
import { RequestError } from "./errors.ts";

type AppContext = Context<{ Bindings: Env }>;

const COOKIE = "rig_session";

/** Lets only those pass who show the admin token (`Authorization: Bearer …`) or the cookie of a login made from it. */
export const requireAdmin = createMiddleware<{ Bindings: Env }>(async (c, next) => {
  if (!(await isAdmin(c))) {
    c.header("WWW-Authenticate", 'Bearer realm="rig-edge"');
    const message = "Expected the admin token as a Bearer token, or a login at /login.";
    throw new RequestError(401, "unauthorized", message);
  }
  await next();
});

/** @throws RequestError 503 when no admin token is configured. */
export async function isAdmin<E extends { Bindings: Env }>(c: Context<E>): Promise<boolean> {
  const token = adminToken(c.env);
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (bearer !== undefined) return equalInConstantTime(bearer, token);
  const login = getCookie(c, COOKIE);
  return login !== undefined && (await verifyLogin(token, login, Date.now())) !== null;
}

/** Whether this is the admin token. @throws RequestError 503 when none is configured. */
export async function isAdminToken(env: Env, candidate: string): Promise<boolean> {
  return equalInConstantTime(candidate, adminToken(env));
}

/** Accepts a login ticket, once. @throws RequestError 503 when no admin token is configured. */
export async function redeemTicket(env: Env, ticket: string): Promise<boolean> {
  const now = Date.now();
  const proof = await verifyTicket(adminToken(env), ticket, now);
  if (!proof) return false;
  const db = drizzle(env.DB);
  const [burned] = await db.insert(usedTickets).values(proof).onConflictDoNothing().returning();
  await db.delete(usedTickets).where(lt(usedTickets.expires, Math.floor(now / 1000)));
  return burned !== undefined;
}

/** Signs the browser in: the cookie proves it, and no script of the page can read it. */
export async function startSession(c: AppContext): Promise<void> {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  const login = await createLogin(adminToken(c.env), { now: Date.now(), random });
  setCookie(c, COOKIE, login, { ...cookieScope(c), maxAge: LOGIN_TTL_SECONDS });
}

export function endSession(c: AppContext): void {
  deleteCookie(c, COOKIE, cookieScope(c));
}

/** `Secure` everywhere but on this machine, where there is no TLS. */
function cookieScope(c: AppContext) {
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(new URL(c.req.url).hostname);
  return { path: "/", httpOnly: true, sameSite: "Strict", secure: !isLocal } as const;
}

/** A door without a lock stays shut. */
function adminToken(env: Env): string {
  if (env.ADMIN_TOKEN) return env.ADMIN_TOKEN;
  const message = "The secret ADMIN_TOKEN is not set: run `npx wrangler secret put ADMIN_TOKEN`.";
  throw new RequestError(503, "admin_token_missing", message);
}
