import type * as z from "zod";
import { toolsSection } from "../../../shared/character/sections/tools.ts";
import { buildHttpTools } from "../../../shared/tools/http.ts";
import type { Tool, ToolOutcome } from "../../../shared/tools/tool.ts";

type Api = z.input<typeof toolsSection>[number];
type Endpoint = NonNullable<Api["endpoints"]>[number];

/** One endpoint of one API, as a `character.json` would say it. */
export type OneTool = Omit<Api, "endpoints"> &
  Partial<Endpoint> & { secrets?: Record<string, string>; apiTimeoutMs?: number };

/** Builds the tool of a single endpoint; `GET /echo` unless told otherwise. */
export function oneTool({ url, headers, apiTimeoutMs, secrets = {}, ...endpoint }: OneTool): Tool {
  const api: Api = {
    url,
    endpoints: [{ method: "GET", path: "/echo", ...endpoint }],
    ...(headers ? { headers } : {}),
    ...(apiTimeoutMs ? { timeoutMs: apiTimeoutMs } : {}),
  };
  const [tool] = buildHttpTools(toolsSection.parse([api]), { secret: (name) => secrets[name] });
  if (!tool) throw new Error("one endpoint makes one tool");
  return tool;
}

/** Builds the tool of a single endpoint and runs it once. */
export function runOnce(
  tool: OneTool,
  input: unknown = {},
  { idempotencyKey = "turn-1", signal = new AbortController().signal } = {},
): Promise<ToolOutcome> {
  return oneTool(tool).run(input, { idempotencyKey, signal });
}
