import { DrizzleQueryError } from "drizzle-orm";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { describeD1Failure } from "../d1/failure.ts";
import { AgentUnavailableError } from "../durable-objects/agent/errors.ts";
import type { Env } from "../durable-objects/env.ts";
import { createLogger } from "../shared/log.ts";
import { serveAsset } from "./assets.ts";
import { requireAdmin } from "./auth.ts";
import { errorResponse, RequestError } from "./errors.ts";
import { agentRoutes } from "./routes/agents.ts";
import { chatRoutes } from "./routes/chats.ts";
import { conductorRoutes } from "./routes/conductor/index.ts";
import { cronRoutes, runRoutes } from "./routes/cron.ts";
import { factRoutes } from "./routes/facts.ts";
import { gatewayRoutes } from "./routes/gateway.ts";
import { interactionRoutes } from "./routes/interactions.ts";
import { loginRoutes } from "./routes/login.ts";
import { patternRoutes } from "./routes/patterns.ts";
import { providerRoutes } from "./routes/provider.ts";
import { spendRoutes } from "./routes/spend.ts";
import { usageRoutes } from "./routes/usage.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/** Largest request body, in bytes. */
const MAX_BODY = 1024 * 1024;

const log = createLogger();

declare module "hono" {
  interface ContextVariableMap {
    /** Id of the event that a request brings, set by its door, for the log line of whatever goes wrong with it. */
    trace?: string;
  }
}

/** The Worker's HTTP interface: who may enter is decided here, what happens then in routes/. */
export function createApp(): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>();

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
      referrerPolicy: "no-referrer",
      xFrameOptions: "DENY",
    }),
  );
  // Before the limit and the lock of all other doors: it has its own.
  app.route("/", webhookRoutes());
  app.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new RequestError(413, "body_too_large", `Expected at most ${MAX_BODY} bytes.`);
      },
    }),
  );

  app.get("/health", (c) => c.json({ status: "healthy", timestamp: new Date().toISOString() }));
  app.route("/", loginRoutes());
  // Before the admin's door: a gateway proves itself by its signature, and so does Discord.
  app.route("/agents/:agent/gateway", gatewayRoutes());
  app.route("/agents/:agent/interactions", interactionRoutes());
  app.use("/agents/*", requireAdmin);
  app.use("/agents", requireAdmin);
  app.route("/agents", agentRoutes());
  app.route("/agents/:agent/chats", chatRoutes());
  app.route("/agents/:agent/users/:user/facts", factRoutes());
  app.route("/agents/:agent/provider", providerRoutes());
  app.route("/agents/:agent/spend", spendRoutes());
  app.route("/agents/:agent/cron", cronRoutes());
  app.route("/agents/:agent", runRoutes());
  for (const path of ["/usage", "/api/usage"]) {
    app.use(path, requireAdmin);
    app.route(path, usageRoutes());
  }
  app.route("/agents/:agent/patterns", patternRoutes());
  app.route("/", conductorRoutes());

  app.notFound(async (c) => {
    const methods = METHODS.filter((method) => hasRoute(app, method, c.req.path));
    if (methods.length > 0) {
      c.header("Allow", methods.join(", "));
      return errorResponse(
        c,
        new RequestError(405, "method_not_allowed", `Expected ${methods.join(" or ")}.`),
      );
    }
    const asset = c.req.method === "GET" || c.req.method === "HEAD" ? await serveAsset(c) : undefined;
    if (asset && asset.status !== 404) return asset;
    return errorResponse(c, new RequestError(404, "not_found", `There is nothing at ${c.req.path}.`));
  });

  app.onError((error, c) => {
    if (error instanceof RequestError) return errorResponse(c, error);
    const cause = error.stack ?? error.message;
    if (error instanceof AgentUnavailableError) {
      log.log("error", "agent.unavailable", { trace: c.get("trace"), code: error.code, cause });
      const message =
        "This agent's character.json cannot be read; the log says why, and so does `rig check`.";
      return errorResponse(c, new RequestError(503, "agent_unavailable", message));
    }
    const failure = error instanceof DrizzleQueryError ? describeD1Failure(error) : cause;
    const { method, path } = c.req;
    log.log("error", "request.failed", { trace: c.get("trace"), method, path, cause: failure });
    return errorResponse(
      c,
      new RequestError(500, "internal_error", "Something went wrong; the log says what."),
    );
  });

  return app;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Whether a route (not only middleware) answers this method at this path. */
function hasRoute(app: Hono<{ Bindings: Env }>, method: string, path: string): boolean {
  return app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
}
