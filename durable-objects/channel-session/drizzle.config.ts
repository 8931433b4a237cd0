import { defineConfig } from "drizzle-kit";

const room = "./durable-objects/channel-session";

/** `npm run migrations` writes what changed in the tables of these rooms as the next SQL file. */
export default defineConfig({
  dialect: "sqlite",
  driver: "durable-sqlite",
  schema: ["engine", "parts/summary", "parts/jobs", "surfaces/discord"].map(
    (of) => `${room}/${of}/schema.ts`,
  ),
  out: `${room}/migrations`,
});
