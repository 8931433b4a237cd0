/**
 * The offline demo model: no AI, no network, no account. It drives the same loop as a real model, tool calls included, so
 * that everything around the model can be tried before there is a key. What it says is decided in `demo-rules.ts`.
 */
import { isQuiet } from "../cron/prompt.ts";
import type { Sleep } from "../time/sleep.ts";
import { demoReply } from "./demo-rules.ts";
import {
  type ModelRequest,
  type ModelResult,
  type Provider,
  ProviderError,
  type TokenUsage,
} from "./provider.ts";
import { isSummaryRequest } from "./summary.ts";

/** Name of the demo model, as results carry it. */
export const DEMO_MODEL = "demo";

/** Last line of every answer, so that nobody takes the demo for an AI. */
export const DEMO_SIGNATURE =
  "_This is the demo model, not an AI: set `ANTHROPIC_API_KEY` for real answers._";

/** Rule of thumb of both vendors for English text. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * The `demo` provider. The same request always gets the same answer, word by word.
 *
 * @param options.wordDelayMs pause before each word but the first, in milliseconds.
 */
export function createDemoProvider(options: { sleep: Sleep; wordDelayMs?: number }): Provider {
  const { sleep, wordDelayMs = 15 } = options;
  return {
    name: "demo",
    model: DEMO_MODEL,
    async *stream(request, signal) {
      const result = demoResult(request);
      let first = true;
      for (const [word] of result.text.matchAll(/\s*\S+/g)) {
        if (!first) await sleep(wordDelayMs, signal);
        if (signal.aborted) throw new ProviderError("aborted", "demo", "the call was stopped");
        first = false;
        yield { type: "text", text: word };
      }
      yield { type: "result", result };
    },
  };
}

function demoResult(request: ModelRequest): ModelResult {
  const reply = demoReply(request);
  if (reply.toolCalls.length > 0) {
    const { text, toolCalls } = reply;
    return { text, toolCalls, usage: usage(request, text), model: DEMO_MODEL, stopReason: "tools" };
  }
  const limit = request.maxTokens * CHARACTERS_PER_TOKEN;
  const cut = reply.text.length > limit;
  const body = cut ? reply.text.slice(0, limit).replace(/\s+\S*$/, " …") : reply.text;
  // A summary is read by the demo itself and a quiet answer by nobody: there is no one who could take them for an AI's.
  const text = isSummaryRequest(request) || isQuiet(body) ? body : `${body}\n\n${DEMO_SIGNATURE}`;
  const stopReason = cut ? "length" : "end";
  return { text, toolCalls: [], usage: usage(request, text), model: DEMO_MODEL, stopReason };
}

function usage(request: ModelRequest, answer: string): TokenUsage {
  const { system, messages, tools } = request;
  const prompt = JSON.stringify([system, messages, tools]).length;
  return {
    inputTokens: Math.ceil(prompt / CHARACTERS_PER_TOKEN),
    outputTokens: Math.ceil(answer.length / CHARACTERS_PER_TOKEN),
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
}
