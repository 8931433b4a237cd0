/** The servers that tests inside workerd talk to: a set for each runtime, so that files side by side share none. */
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { startFakeDiscord } from "./discord/fake-discord.ts";
import { startModelServer } from "./model-server.ts";
import { startToolServer } from "./tool-server.ts";

export interface TestServers {
  modelUrl: string;
  discordUrl: string;
  /** Another fake Discord, so that faults of its webhooks are nobody else's. */
  webhooksUrl: string;
  toolsUrl: string;
}

declare module "vitest" {
  interface ProvidedContext {
    servers: TestServers[];
  }
}

export async function startTestServers(): Promise<TestServers & { close(): Promise<void> }> {
  const [model, tools, discord, webhooks] = await Promise.all([
    startModelServer(),
    startToolServer(),
    startFakeDiscord(),
    startFakeDiscord(),
  ]);
  return {
    modelUrl: model.url,
    toolsUrl: tools.url,
    discordUrl: discord.restUrl,
    webhooksUrl: webhooks.restUrl,
    close: async () => {
      await Promise.all([model.close(), tools.close(), discord.close(), webhooks.close()]);
    },
  };
}

type RuntimeOptions = Extract<Parameters<typeof cloudflareTest>[0], (...args: never) => unknown>;
type Context = Parameters<RuntimeOptions>[0] & { servers: TestServers };

/** `cloudflareTest` with options that know the servers of the runtime that is started with them. */
export function cloudflareTestWithServers(
  options: (context: Context) => ReturnType<RuntimeOptions>,
): ReturnType<typeof cloudflareTest> {
  let started = 0;
  return cloudflareTest(({ inject }) => {
    // There are as many sets as there are runtimes at once.
    const sets = inject("servers");
    const servers = sets[started++ % sets.length];
    if (servers === undefined) throw new Error("the global setup has started no servers");
    return options({ inject, servers });
  });
}
