import { applyD1Migrations, type D1Migration, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { remoteDiscord } from "../support/discord/remote.ts";

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
      TALKER__DISCORD_BOT_TOKEN: string;
    }
    interface GlobalProps {
      mainModule: typeof import("../../workers/index.ts");
    }
  }
}

// What the Worker loads when it is first needed is loaded here: an import that is begun by an object which is then killed never
// comes to its end, for nobody in this runtime; and the vendors' SDKs take a busy machine half a minute to transform.
await Promise.all([
  import("@anthropic-ai/sdk"),
  import("openai"),
  import("@upstash/redis/cloudflare"),
  import("../../durable-objects/channel-session/parts/commands/run-command.ts"),
]);

// Files share a runtime and its servers: each begins with the clock right, nothing stored, nobody at work and nothing recorded.
vi.useRealTimers();
await reset();
await Promise.all([
  applyD1Migrations(env.DB, env.MIGRATIONS),
  fetch(`${env.MODEL_URL}/__reset`, { method: "POST" }),
  fetch(`${env.TOOLS_URL}/__reset`, { method: "POST" }),
  ...[env.DISCORD_API_BASE_URL, env.WEBHOOKS_URL].map(async (url) => {
    const discord = remoteDiscord(url);
    await discord.faults.clear();
    await discord.forget();
  }),
]);
