/** Webhooks over REST. What they post stands in the list of requests only, in no channel. */
import { Hono } from "hono";
import { unknownWebhook } from "../problem.ts";
import type { RestEnv, RestState } from "./context.ts";

/** The token of every webhook, whatever its id. */
export const WEBHOOK_TOKEN = "fake-webhook-token";

export function webhookRoutes({ store }: RestState): Hono<RestEnv> {
  return new Hono<RestEnv>().post("/webhooks/:webhook/:token", (c) => {
    if (c.req.param("token") !== WEBHOOK_TOKEN) throw unknownWebhook();
    // Without `wait` there is no message in the answer (Discord, "Execute Webhook").
    return c.req.query("wait") === "true" ? c.json({ id: store.newId() }) : c.body(null, 204);
  });
}

/** Whether the path proves by itself who may use it: a webhook's token, or an interaction's. */
export function hasWebhookToken(path: string): boolean {
  return /^\/(webhooks|interactions)\/\d+\/[^/]+/.test(path);
}
