import { defineConfig } from "drizzle-kit";

/** D1. `npm run migrations` writes what changed in the schema as the next SQL file. */
export default defineConfig({
  dialect: "sqlite",
  schema: ["./shared/memory/schema.ts", "./shared/conductor/schema.ts"],
  out: "./migrations",
});
