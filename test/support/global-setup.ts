import { readD1Migrations } from "@cloudflare/vitest-plugin";
import type { TestProject } from "vitest/node";
import { startTestServers } from "./test-servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    migrations: Awaited<ReturnType<typeof readD1Migrations>>;
  }
}

/** Starts the servers that tests inside workerd talk to; their addresses become bindings (vitest.config.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [migrations, ...servers] = await Promise.all([
    readD1Migrations("./migrations"),
    ...Array.from({ length: project.config.maxWorkers }, startTestServers),
  ]);
  project.provide(
    "servers",
    servers.map(({ close, ...urls }) => urls),
  );
  project.provide("migrations", migrations);
  return async () => {
    await Promise.all(servers.map(({ close }) => close()));
  };
}
