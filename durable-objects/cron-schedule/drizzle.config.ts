import { defineConfig } from "drizzle-kit";

/** `npm run migrations` writes what changed in schema.ts as the next SQL file. */
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: "./durable-objects/cron-schedule/schema.ts",
  out: "./durable-objects/cron-schedule/migrations",
});
