import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";

declare global {
  namespace Cloudflare {
    /** What vitest.config.ts binds besides the product's own. */
    interface Env {
      MIGRATIONS: D1Migration[];
      TOOLS_URL: string;
      MODEL_URL: string;
      WEBHOOKS_URL: string;
      DISCORD_API_BASE_URL: string;
      BRIDGE_SECRET: string;
    }
    interface GlobalProps {
      mainModule: typeof import("../../workers/index.ts");
    }
  }
}

await applyD1Migrations(env.DB, env.MIGRATIONS);
