import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { cronSecrets } from "./test/support/cron-secrets.ts";
import { FAKE_TOKEN } from "./test/support/discord/fake-discord.ts";
import { REDIS_TOKEN } from "./test/support/redis-token.ts";
import { rigSecrets } from "./test/support/rig-agents.ts";
import { cloudflareTestWithServers } from "./test/support/test-servers.ts";

const testAgents = fileURLToPath(new URL("test/support/agents.ts", import.meta.url));
const redisAgents = fileURLToPath(new URL("test/redis/agents.ts", import.meta.url));

/** For projects that have storms (test/support/storm.ts), which are whole in vitest's mode "storms". */
const storms = (mode: string) => ({
  provide: { isStorm: mode === "storms" },
  tags: [
    { name: "storm", description: "The better the longer it lasts: npm run test:storms runs all of it." },
  ],
});

export default defineConfig(({ mode }) => ({
  test: {
    reporters: ["default", "./test/support/slowest-files.ts"],
    // What a passing test logs is nobody's business.
    silent: "passed-only",
    // Most tests wait for a process or a socket most of the time: two files at once use a machine of two cores better.
    maxWorkers: 2,
    projects: [
      // Pure code shares no state, so its files can share a worker.
      {
        test: {
          ...storms(mode),
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          setupFiles: ["test/support/patience.ts"],
          isolate: false,
          // Properties take seconds, and several times as long where the machine has other work.
          testTimeout: 30_000,
        },
      },
      // Processes of helm; values and manifests are plain data.
      {
        test: {
          name: "charts",
          include: ["test/charts/**/*.test.ts"],
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTestWithServers(({ inject, servers }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ADMIN_TOKEN: "test-admin-token",
                TESTER__ANTHROPIC_API_KEY: "sk-ant-test",
                THRIFTY__ANTHROPIC_API_KEY: "sk-ant-test",
                SWITCHER__ANTHROPIC_API_KEY: "sk-ant-test",
                CHOOSER__ANTHROPIC_API_KEY: "sk-ant-test",
                CLERK__ANTHROPIC_API_KEY: "sk-ant-test",
                CLERK__DISCORD_BOT_TOKEN: FAKE_TOKEN,
                SWITCHER__OPENAI_API_KEY: "sk-test",
                OPENAI_BASE_URL: `${servers.modelUrl}/v1`,
                PER_THREAD__ANTHROPIC_API_KEY: "sk-ant-test",
                PER_LANE__ANTHROPIC_API_KEY: "sk-ant-test",
                PAYERS__ANTHROPIC_API_KEY: "sk-ant-test",
                NARROW__ANTHROPIC_API_KEY: "sk-ant-test",
                SMALL__ANTHROPIC_API_KEY: "sk-ant-test",
                ...rigSecrets(FAKE_TOKEN, servers.toolsUrl),
                ...cronSecrets(servers.webhooksUrl),
                WEBHOOKS_URL: servers.webhooksUrl,
                CRON_ELSEWHERE__HOOK_URL: `${servers.toolsUrl}/api/webhooks/1088510058284990888/token`,
                HOOKED__GITHUB_WEBHOOK_SECRET: "github-secret",
                ALERT_SECRET: "alert-secret",
                ATTENDANT__ANTHROPIC_API_KEY: "sk-ant-test",
                ATTENDANT__DISCORD_BOT_TOKEN: FAKE_TOKEN,
                GUARDED__DISCORD_BOT_TOKEN: FAKE_TOKEN,
                PICKY__DISCORD_BOT_TOKEN: FAKE_TOKEN,
                BRIDGE_SECRET: "test-bridge-secret",
                DISCORD_API_BASE_URL: servers.discordUrl,
                TALKER__ANTHROPIC_API_KEY: "sk-ant-test",
                TALKER__DISCORD_BOT_TOKEN: FAKE_TOKEN,
                REACTOR__ANTHROPIC_API_KEY: "sk-ant-test",
                REACTOR__DISCORD_BOT_TOKEN: FAKE_TOKEN,
                ANTHROPIC_BASE_URL: servers.modelUrl,
                TOOLS_URL: servers.toolsUrl,
                MODEL_URL: servers.modelUrl,
                MIGRATIONS: inject("migrations"),
              },
            },
          })),
        ],
        resolve: { alias: [{ find: /^.*\/agents\/index\.ts$/, replacement: testAgents }] },
        test: {
          ...storms(mode),
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          // Files share the runtimes; test/workers/setup.ts empties theirs before each.
          isolate: false,
          globalSetup: ["test/support/global-setup.ts"],
          setupFiles: ["test/support/patience.ts", "test/workers/setup.ts"],
          // The first test that needs a vendor SDK waits for it to be transformed.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...storms(mode),
          name: "e2e",
          include: ["test/e2e/**/*.test.ts", "test/upgrade/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        plugins: [
          cloudflareTestWithServers(({ inject, servers }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                ...{ ADMIN_TOKEN: "test-admin-token", AGENT_ID: "dev-e", MIGRATIONS: inject("migrations") },
                ...{ ANTHROPIC_API_KEY: "sk-ant-test", ANTHROPIC_BASE_URL: servers.modelUrl },
                ...{ MODEL_URL: servers.modelUrl, DISCORD_API_BASE_URL: servers.discordUrl },
                ...{ TOOLS_URL: servers.toolsUrl, WEBHOOKS_URL: servers.webhooksUrl },
                ...{ DISCORD_BOT_TOKEN: FAKE_TOKEN, BRIDGE_SECRET: "test-bridge-secret" },
                ...{ UPSTASH_REDIS_REST_URL: inject("redisUrl"), UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN },
                // Nobody listens there.
                STRANDED__UPSTASH_REDIS_REST_URL: "http://127.0.0.1:9",
              },
            },
          })),
        ],
        resolve: { alias: [{ find: /^.*\/agents\/index\.ts$/, replacement: redisAgents }] },
        test: {
          name: "redis",
          include: ["test/redis/**/*.test.ts"],
          isolate: false,
          globalSetup: ["test/support/global-setup.ts", "test/support/redis-setup.ts"],
          setupFiles: ["test/support/patience.ts", "test/workers/setup.ts"],
          // They share one Redis.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "deploy",
          include: ["test/deploy/**/*.test.ts"],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
}));
