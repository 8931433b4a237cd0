import type { Context } from "hono";
import type { Env } from "../durable-objects/env.ts";

/** Serves a file of the playground, `path` in place of the requested one; with headers that middleware may add to. */
export async function serveAsset(c: Context<{ Bindings: Env }>, path?: string): Promise<Response> {
  const asset = await c.env.ASSETS.fetch(path === undefined ? c.req.raw : new URL(path, c.req.url));
  return new Response(asset.body, asset);
}
