import type { AgentHub } from "./agent-hub/agent-hub.ts";
import type { ChannelSession } from "./channel-session/channel-session.ts";
import type { CronSchedule } from "./cron-schedule/cron-schedule.ts";
import type { GatewayLink } from "./gateway-link/gateway-link.ts";

declare global {
  namespace Cloudflare {
    /** What wrangler.toml binds. Secrets are read by name with `secretReader`, for each agent may have its own. */
    interface Env {
      CHANNEL_SESSION: DurableObjectNamespace<ChannelSession>;
      AGENT_HUB: DurableObjectNamespace<AgentHub>;
      CRON_SCHEDULE: DurableObjectNamespace<CronSchedule>;
      GATEWAY_LINK: DurableObjectNamespace<GatewayLink>;
      DB: D1Database;
      ASSETS: Fetcher;
      ADMIN_TOKEN?: string;
    }
  }
}

export type Env = Cloudflare.Env;
