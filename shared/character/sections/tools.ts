/** `tools` and `mcpServers`: what an agent can reach besides its model. */
import * as z from "zod";
import { someText, textWithReferences } from "./text.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] as const;

const methodExpectation = `one of ${methods.join(", ")}`;

const timeoutMs = z.int().min(100).max(300_000);

const endpoint = z.object({
  method: z
    .string({ error: methodExpectation })
    .toUpperCase()
    .pipe(z.enum(methods, { error: methodExpectation }))
    .meta({
      description: "HTTP method, in any case.",
      enum: [...methods, ...methods.map((method) => method.toLowerCase())],
    }),
  path: someText
    .transform((path) => (path.startsWith("/") ? path : `/${path}`))
    .describe("Path below the API's url. `:id` is a parameter the model fills in."),
  description: z
    .string()
    .default("")
    .describe("Tells the model what the endpoint does and which fields it takes."),
  idempotent: z
    .boolean()
    .optional()
    .describe("A call may be repeated when its outcome is unknown. GET and HEAD always may."),
  approval: z
    .boolean()
    .optional()
    .describe("Each call waits until a person approves it; after 24 hours without an answer it is declined."),
  timeoutMs: timeoutMs.optional().describe("Milliseconds until a call is given up; overrides the API's."),
});

const httpApi = z.object({
  url: someText.describe("Base URL of the API, or `env:NAME` to read it from a secret."),
  headers: z
    .record(z.string(), textWithReferences)
    .default({})
    .describe("Headers of every request. Values may refer to secrets: `Bearer env:GITHUB_TOKEN`."),
  timeoutMs: timeoutMs.default(30_000).describe("Milliseconds until a call is given up."),
  endpoints: z.array(endpoint).default([]).describe("Each endpoint is one tool of the model."),
});

/** HTTP APIs; every endpoint becomes one tool. */
export const toolsSection = z.array(httpApi);

/** A program's environment holds text only; the original let numbers and booleans pass, so they still do. */
const environmentValue = z
  .union([z.string(), z.number(), z.boolean()], { error: "a text, a number, true or false" })
  .transform(String);

const mcpServer = z.object({
  command: someText
    .optional()
    .describe("Program of a stdio server. Needs a runner: a Worker starts no programs."),
  args: z.array(z.string()).default([]).describe("Arguments of `command`."),
  env: z
    .record(z.string(), environmentValue)
    .default({})
    .describe("Environment of `command`. Values may refer to secrets: `env:NAME`."),
  url: someText.optional().describe("URL of a Streamable HTTP server, instead of `command`."),
  headers: z
    .record(z.string(), textWithReferences)
    .default({})
    .describe("Headers for `url`. Values may refer to secrets: `Bearer env:NAME`."),
});

/** MCP servers by name. One that names neither `command` nor `url` loads and is skipped, as one that fails to connect is. */
export const mcpServersSection = z.record(z.string(), mcpServer);
