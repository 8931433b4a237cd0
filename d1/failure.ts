import { DrizzleQueryError } from "drizzle-orm";

/**
 * What went wrong with D1, for the log. The values of the query, which drizzle writes into its message, are what users
 * have said: they are left out.
 */
export function describeD1Failure(error: unknown): string {
  return String(error instanceof DrizzleQueryError ? (error.cause ?? "query failed") : error);
}
