import type { HubApi, LinkApi, ScheduleApi, SessionApi } from "./contracts.ts";

/** The objects of a class as its callers see them: by their contract alone. */
type Namespace<Api> = DurableObjectNamespace<Api & Rpc.DurableObjectBranded>;

declare global {
  namespace Cloudflare {
    /** What wrangler.toml binds. Secrets are read by name with `secretReader`, for each agent may have its own. */
    interface Env {
      CHANNEL_SESSION: Namespace<SessionApi>;
      AGENT_HUB: Namespace<HubApi>;
      CRON_SCHEDULE: Namespace<ScheduleApi>;
      GATEWAY_LINK: Namespace<LinkApi>;
      DB: D1Database;
      ASSETS: Fetcher;
      ADMIN_TOKEN?: string;
      /** `LOG_LEVEL_VARIABLE` */
      RIG_LOG_LEVEL?: string;
    }
  }
}

export type Env = Cloudflare.Env;

/** An object of another class, as it is called over RPC. */
export type Stub<Api> = DurableObjectStub<Api & Rpc.DurableObjectBranded>;
