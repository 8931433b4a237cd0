import { chooseProvider } from "../../../shared/llm/choose.ts";
import type {
  ModelEvent,
  ModelMessage,
  ModelRequest,
  ModelResult,
  Provider,
  ToolDefinition,
} from "../../../shared/llm/provider.ts";
import { sleep } from "../../../shared/time/sleep.ts";
import type { ModelServer } from "../../support/model-server.ts";

/** A provider over HTTP under test. */
export interface Api {
  name: "anthropic" | "openai-api";
  api?: "responses" | "chat-completions";
}

/** Every API that a real model is reached by. */
export const apis: (Api & { title: string })[] = [
  { title: "Anthropic Messages", name: "anthropic" },
  { title: "OpenAI Responses", name: "openai-api", api: "responses" },
  { title: "OpenAI Chat Completions", name: "openai-api", api: "chat-completions" },
];

/** A provider that talks to the model server; `waits` collects what it would have slept between attempts. */
export function providerFor(
  server: ModelServer,
  { name, api }: Api,
  options: { key?: string; model?: string; timeoutMs?: number; waits?: number[]; realSleep?: boolean } = {},
): Provider {
  const { key = "sk-test-key", model, timeoutMs = 20_000, waits = [], realSleep = false } = options;
  const secrets: Record<string, string> = {
    ANTHROPIC_API_KEY: key,
    OPENAI_API_KEY: key,
    ANTHROPIC_BASE_URL: server.url,
    OPENAI_BASE_URL: `${server.url}/v1`,
  };
  const choice = chooseProvider({
    agent: "tester",
    llm: { provider: name, timeoutMs, ...(api ? { api } : {}), ...(model ? { model } : {}) },
    secret: (secret) => secrets[secret],
    random: () => 0,
    now: () => Date.UTC(2026, 0, 1),
    sleep: async (ms, signal) => {
      waits.push(ms);
      if (realSleep) await sleep(ms, signal);
    },
  });
  if (!choice.ready) throw choice.error;
  return choice.provider;
}

export const lookUp: ToolDefinition = {
  name: "look_up",
  description: "Looks something up.",
  inputSchema: { type: "object", properties: { key: { type: "string" } }, required: ["key"] },
};

/** A request whose last message is `text`. */
export function ask(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return requestOf([{ role: "user", text }], more);
}

export function requestOf(messages: ModelMessage[], more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    system: { stable: "You are a tester.", varying: "Today is Monday." },
    messages,
    tools: [lookUp],
    toolChoice: "auto",
    maxTokens: 1024,
    temperature: 0.3,
    ...more,
  };
}

/** Runs one call to its end. */
export async function run(
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ events: ModelEvent[]; result: ModelResult; shown: string }> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(request, signal)) events.push(event);
  const last = events.at(-1);
  if (last?.type !== "result") throw new Error("the call ended without a result");
  return { events, result: last.result, shown: shownText(events) };
}

/** The text a reader has in front of them after these events: a restart makes what came before void. */
export function shownText(events: readonly ModelEvent[]): string {
  const restart = events.findLastIndex((event) => event.type === "restart");
  return events
    .slice(restart + 1)
    .map((event) => (event.type === "text" ? event.text : ""))
    .join("");
}

/** The error that a call ends with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the call was expected to fail");
}

/** The messages that follow a result with tool calls: the model's own, and `contents` as their results. */
export function answered(result: ModelResult, contents: readonly string[]): ModelMessage[] {
  return [
    {
      role: "assistant",
      text: result.text,
      toolCalls: result.toolCalls,
      // A turn keeps it in its journal, which is JSON.
      continuation: JSON.parse(JSON.stringify(result.continuation ?? null)),
    },
    {
      role: "tool",
      results: result.toolCalls.map((call, index) => ({
        callId: call.id,
        name: call.name,
        content: contents[index] ?? "",
        isError: false,
      })),
    },
  ];
}
