import { defineConfig } from "drizzle-kit";

/** D1. `npm run migrations` writes what changed in the schema as the next SQL file. */
export default defineConfig({
  dialect: "sqlite",
  schema: ["./d1/schema.ts", "./d1/conductor/schema.ts"],
  out: "./migrations",
});
