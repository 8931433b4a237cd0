import { readD1Migrations } from "@cloudflare/vitest-plugin";
import type { TestProject } from "vitest/node";
import { startFakeDiscord } from "./discord/fake-discord.ts";
import { startModelServer } from "./model-server.ts";
import { startToolServer } from "./tool-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    modelUrl: string;
    discordUrl: string;
    /** Another one, so that faults of its webhooks are nobody else's. */
    webhooksUrl: string;
    toolsUrl: string;
    migrations: Awaited<ReturnType<typeof readD1Migrations>>;
  }
}

/** Starts the servers that tests inside workerd talk to; their addresses become bindings (vitest.config.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [model, tools, discord, webhooks, migrations] = await Promise.all([
    startModelServer(),
    startToolServer(),
    startFakeDiscord(),
    startFakeDiscord(),
    readD1Migrations("./migrations"),
  ]);
  project.provide("modelUrl", model.url);
  project.provide("toolsUrl", tools.url);
  project.provide("discordUrl", discord.restUrl);
  project.provide("webhooksUrl", webhooks.restUrl);
  project.provide("migrations", migrations);
  return async () => {
    await Promise.all([model.close(), tools.close(), discord.close(), webhooks.close()]);
  };
}
