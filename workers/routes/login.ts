import { Hono } from "hono";
import type { Env } from "../../durable-objects/env.ts";
import { serveAsset } from "../assets.ts";
import { endSession, isAdmin, isAdminToken, redeemTicket, startSession } from "../auth.ts";
import { decodeUtf8 } from "../body.ts";
import { RequestError } from "../errors.ts";

/** The playground's page and the way into it. */
export function loginRoutes(): Hono<{ Bindings: Env }> {
  const routes = new Hono<{ Bindings: Env }>();

  routes.get("/", async (c) => {
    if (!(await isAdmin(c))) return c.redirect("/login");
    return serveAsset(c, "/");
  });

  routes.get("/login", async (c) => {
    const ticket = c.req.query("ticket");
    if (ticket === undefined) return serveAsset(c, "/login");
    if (await isAdmin(c)) return c.redirect("/");
    if (!(await redeemTicket(c.env, ticket))) return c.redirect("/login?error=ticket");
    await startSession(c);
    // A page that moves on by itself, not a redirect: the browser withholds a SameSite=Strict cookie from a redirect
    // whose first link was clicked on another site (RFC 6265bis, section 5.2).
    return c.html('<!doctype html><title>rig-edge</title><meta http-equiv="refresh" content="0; url=/">');
  });

  routes.post("/login", async (c) => {
    const type = c.req.header("Content-Type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) {
      const message = "Expected a form (application/x-www-form-urlencoded) with the field token.";
      throw new RequestError(415, "unsupported_media_type", message);
    }
    const token = new URLSearchParams(decodeUtf8(await c.req.arrayBuffer())).get("token");
    if (!token || !(await isAdminToken(c.env, token.trim()))) return c.redirect("/login?error=token", 303);
    await startSession(c);
    return c.redirect("/", 303);
  });

  routes.post("/logout", (c) => {
    endSession(c);
    return c.redirect("/login", 303);
  });

  return routes;
}
