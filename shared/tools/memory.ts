/** The tools that every agent has for its memory: `remember`, `recall` and `forget`. */
import type { NewFact } from "../memory/fact.ts";
import type { NewPattern } from "../memory/pattern.ts";
import type { Recollection } from "../memory/recollection.ts";
import { withDeadline } from "../time/deadline.ts";
import { ToolCallError } from "./call-error.ts";
import {
  forgetArguments,
  memoryToolSchemas,
  readMemoryArguments,
  recallArguments,
  rememberArguments,
} from "./memory-arguments.ts";
import { describeRecollection } from "./memory-text.ts";
import type { Tool, ToolOutcome } from "./tool.ts";

/** What one agent remembers of one user, and of things. Nothing that is asked of it leads to another user's facts. */
export interface Memory {
  rememberFact(fact: NewFact): Promise<void>;
  rememberPattern(pattern: NewPattern): Promise<void>;
  /** What fits the words of `query`, best first; without words all of it, newest first. */
  recall(query: string): Promise<Recollection>;
  /** @returns whether the fact was known. */
  forgetFact(fact: string): Promise<boolean>;
}

/** How long a call may take, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * Builds the memory tools of the user who speaks.
 *
 * All may be repeated: a `remember` with the same idempotency key counts once. A memory that fails, or does not answer
 * within 10 s, is an outcome with `isError`.
 *
 * @param failed hears what the model does not: why the memory could not be used.
 */
export function buildMemoryTools(memory: Memory, failed: (cause: unknown) => void): Tool[] {
  const actions: MemoryAction[] = [
    {
      name: "remember",
      description:
        "Keep something for later conversations: a fact about the user you talk to, or a pattern about something else (a " +
        "repository, a project, a service). Use it when the user asks you to remember, or tells you something that will matter " +
        "again. Facts stay between you and this user. Patterns are shared with everybody you talk to: never put anything " +
        "private into one. Never keep passwords, keys or other secrets. What is told again becomes surer.",
      failure: "It is not certain that this was remembered.",
      async run(input, source) {
        const told = readMemoryArguments(input, rememberArguments);
        switch (told.kind) {
          case "fact":
            await memory.rememberFact({ ...told.fact, source });
            return `Remembered about the user: ${told.fact.fact}`;
          case "pattern":
            await memory.rememberPattern({ ...told.pattern, source });
            return `Remembered about ${told.pattern.entity}: ${told.pattern.type}`;
          default:
            return told satisfies never;
        }
      },
    },
    {
      name: "recall",
      description:
        "Look up what you remember: facts about the user you talk to, and patterns about other things. Use it when something " +
        "from earlier conversations would help, and before you say that you do not know.",
      failure: "It is not known what you remember.",
      async run(input) {
        const { query } = readMemoryArguments(input, recallArguments);
        return describeRecollection(await memory.recall(query), query);
      },
    },
    {
      name: "forget",
      description:
        "Forget one fact about the user you talk to, when they ask for it or say that it is no longer true. Give it word for " +
        "word; `recall` tells you the words.",
      failure: "It is not certain that this was forgotten.",
      async run(input) {
        const { fact } = readMemoryArguments(input, forgetArguments);
        if (await memory.forgetFact(fact)) return `Forgotten: ${fact}`;
        return `There is no such fact about this user now: ${fact}\n\n${describeRecollection(await memory.recall(fact), fact)}`;
      },
    },
  ];
  return actions.map(({ name, description, failure, run }) => ({
    name,
    description,
    inputSchema: memoryToolSchemas[name],
    idempotent: true,
    run: (input, { idempotencyKey, signal }) =>
      attempt(() => run(input, idempotencyKey), failure, signal, failed),
  }));
}

interface MemoryAction {
  name: keyof typeof memoryToolSchemas;
  description: string;
  /** What the model reads after the memory has failed. */
  failure: string;
  /** @throws ToolCallError for arguments that are none, and whatever the memory throws. */
  run: (input: unknown, source: string) => Promise<string>;
}

async function attempt(
  run: () => Promise<string>,
  failure: string,
  signal: AbortSignal,
  failed: (cause: unknown) => void,
): Promise<ToolOutcome> {
  try {
    return { content: await withDeadline(run(), TIMEOUT_MS, signal), isError: false };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolCallError) return { content: error.message, isError: true };
    failed(error);
    return { content: `Your memory cannot be reached right now. ${failure}`, isError: true };
  }
}
