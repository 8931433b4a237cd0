import type { ChannelSession } from "./channel-session/channel-session.ts";

declare global {
  namespace Cloudflare {
    /** What wrangler.toml binds. Secrets are read by name with `secretReader`, for each agent may have its own. */
    interface Env {
      CHANNEL_SESSION: DurableObjectNamespace<ChannelSession>;
      DB: D1Database;
      ASSETS: Fetcher;
      ADMIN_TOKEN?: string;
    }
  }
}

export type Env = Cloudflare.Env;
