import type { TestProject } from "vitest/node";
import { startRedis } from "./redis-server.ts";
import { startUpstashProxy } from "./upstash-proxy.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Starts the Redis that tests inside workerd talk to. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startRedis();
  const proxy = await startUpstashProxy(redis);
  project.provide("redisUrl", proxy.url);
  return async () => {
    await proxy.close();
    await redis.close();
  };
}
