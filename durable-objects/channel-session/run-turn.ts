/**
 * Works on one turn until it is over: asks the journal what is next, does it, journals it, asks again. What is next is
 * decided in next-action.ts; this file only acts.
 */
import { explainToUser } from "../../shared/llm/errors.ts";
import { type ModelRequest, type Provider, ProviderError } from "../../shared/llm/provider.ts";
import type { LogFields, Logger, LogLevel } from "../../shared/log.ts";
import type { Tool } from "../../shared/tools/tool.ts";
import { explainRefusal } from "../agent-hub/explain-refusal.ts";
import { CONTEXT_MESSAGES, modelMessages } from "./messages.ts";
import { type NextAction, nextAction } from "./next-action.ts";
import type { OutboxRow, StepEntry } from "./schema.ts";
import { BudgetError, type Spending } from "./spending.ts";
import { FencedError, type OpenTurn, type SessionStore } from "./store.ts";
import { usageOfFailure } from "./usage-of-failure.ts";

/** A turn that died this often is given up: something in it kills every instance that tries. */
export const MAX_GENERATIONS = 5;

/** What an agent brings to a turn. */
export interface AgentParts {
  provider: Provider;
  tools: readonly Tool[];
  system: ModelRequest["system"];
  limits: { maxTokens: number; temperature: number; maxToolRounds: number };
}

/** There is no agent to run the turn. `message` is for operators. */
export class AgentUnavailableError extends Error {
  override readonly name = "AgentUnavailableError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The text of the model call in progress, as those who watch see it. */
export interface LiveAnswer {
  append(text: string): void;
  /** What was shown of this call is void; `notice` says why. */
  restart(notice: string): void;
  /** The call is over, or a new one begins: its text is in the journal, or will be. */
  clear(): void;
}

/** What a turn needs from the object it runs in. */
export interface TurnHost {
  store: SessionStore;
  log: Logger;
  now: () => number;
  signal: AbortSignal;
  /** Named in messages to the user. */
  agentName: string;
  /** Loads the agent for this turn. @throws ProviderError | AgentUnavailableError */
  agent: () => Promise<AgentParts>;
  /** Text of the call in progress, for those who watch. */
  live: LiveAnswer;
  /** Asked before each model call, told after it. */
  spending: Pick<Spending, "reserve" | "report">;
  /** The journal has changed. */
  changed: () => void;
  /** Hands one outbox item to its target; resolves when the target has it. */
  deliver: (item: OutboxRow) => Promise<void>;
}

/**
 * Runs or resumes a turn. It resolves when the turn is over, or when somebody else took it over (stop, new instance).
 *
 * @throws whatever the platform throws; the turn then stays open and the watchdog resumes it.
 */
export async function runTurn(turn: OpenTurn, host: TurnHost): Promise<void> {
  try {
    if (host.store.heldState(turn) === "running") await reachAnswer(turn, host);
    await post(turn, host);
  } catch (error) {
    if (error instanceof FencedError) return;
    throw error;
  }
}

async function reachAnswer(turn: OpenTurn, host: TurnHost): Promise<void> {
  const { store, log, now } = host;
  try {
    if (turn.generation > MAX_GENERATIONS) {
      const message = "Something kept interrupting this answer, so I gave up. Please ask again.";
      log.log("error", "turn.given_up");
      return store.fail(turn, { code: "interrupted", message }, now());
    }
    const agent = await host.agent();
    store.setModel(turn, agent.provider.name, agent.provider.model);
    const tools = new Map(agent.tools.map((tool) => [tool.name, tool]));
    const rules = {
      maxToolRounds: agent.limits.maxToolRounds,
      isIdempotent: (name: string) => tools.get(name)?.idempotent ?? true,
    };
    for (;;) {
      const journal = store.steps(turn.id).map(({ entry }) => entry);
      const action = nextAction(journal, rules);
      if (action.do === "post") return store.post(turn, action.text, now());
      if (action.do === "call-model") await callModel(turn, host, agent, action, journal);
      else await runTools(turn, host, tools, action);
      host.changed();
    }
  } catch (error) {
    const failure = describeFailure(error, host);
    if (!failure) throw error;
    const { message, level = "error", ...fields } = failure;
    log.log(level, "turn.failed", fields);
    store.fail(turn, { code: failure.code, message }, now());
  }
}

interface FailureDescription extends LogFields {
  code: string;
  message: string;
  level?: LogLevel;
}

/** What the user reads (`message`) and what the operator reads (the rest), for errors that another try would not mend. */
function describeFailure(error: unknown, { agentName, now }: TurnHost): FailureDescription | undefined {
  if (error instanceof ProviderError && error.code !== "aborted") {
    const { code, provider, status, requestId, message: cause } = error;
    return { code, provider, status, requestId, cause, message: explainToUser(error, agentName) };
  }
  if (error instanceof BudgetError) {
    const { code, refusal } = error;
    if (refusal) {
      // The hub tells the operator, once for all turns.
      return { code, level: "info", message: explainRefusal(refusal, agentName, now()) };
    }
    const message = `${agentName}'s spending limit cannot be checked right now, so the model was not asked. Please try again in a minute.`;
    return { code, cause: String(error.cause), message };
  }
  if (error instanceof AgentUnavailableError) {
    const message = `${agentName} is not set up correctly; whoever runs it finds the reason in the log.`;
    return { code: error.code, cause: error.message, message };
  }
  return undefined;
}

async function callModel(
  turn: OpenTurn,
  host: TurnHost,
  agent: AgentParts,
  action: Extract<NextAction, { do: "call-model" }>,
  journal: readonly StepEntry[],
): Promise<void> {
  const { store, live, now } = host;
  const { step, round, attempt, toolChoice } = action;
  const request: ModelRequest = {
    system: agent.system,
    messages: modelMessages(store.transcriptBefore(turn, CONTEXT_MESSAGES), turn.message.event.text, journal),
    tools: agent.tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    toolChoice,
    maxTokens: agent.limits.maxTokens,
    temperature: agent.limits.temperature,
  };
  const call = { turn: turn.id, step, attempt };
  const giveBack = await host.spending.reserve(call, agent.provider.model, request, host.signal);
  try {
    store.startModelCall(turn, { step, round, attempt }, now());
  } catch (error) {
    giveBack();
    throw error;
  }
  live.clear();
  let heard = false;
  try {
    for await (const event of agent.provider.stream(request, host.signal)) {
      switch (event.type) {
        case "text":
          heard = true;
          live.append(event.text);
          break;
        case "restart":
          host.log.log("warn", "model.retry", { attempt: event.attempt, reason: event.reason });
          live.restart(`The model is not answering (${event.reason.replaceAll("_", " ")}); trying again.`);
          break;
        case "result":
          live.clear();
          store.finishModelCall(turn, step, event.result, now());
          break;
        default:
          event satisfies never;
      }
    }
  } catch (error) {
    if (error instanceof ProviderError)
      store.failModelCall(turn, { step, attempt }, usageOfFailure(error.code, heard), now());
    throw error;
  } finally {
    host.spending.report();
  }
}

async function runTools(
  turn: OpenTurn,
  host: TurnHost,
  tools: ReadonlyMap<string, Tool>,
  { round, calls, unknown }: Extract<NextAction, { do: "run-tools" }>,
): Promise<void> {
  const { store, now } = host;
  for (const { step, name } of unknown) {
    host.log.log("warn", "tool.outcome_unknown", { step, tool: name });
    store.finishToolCall(turn, step, { content: UNKNOWN_OUTCOME, isError: true, outcome: "unknown" }, now());
  }
  store.startToolCalls(turn, round, calls, now());
  host.changed();
  const running = calls.map(async ({ step, name, input }) => {
    const tool = tools.get(name);
    const outcome = tool
      ? await tool.run(input, { idempotencyKey: `${turn.id}-${step}`, signal: host.signal })
      : {
          content: `There is no tool "${name}". Tools: ${[...tools.keys()].join(", ") || "none"}.`,
          isError: true,
        };
    store.finishToolCall(turn, step, { ...outcome, outcome: "known" }, now());
    host.changed();
  });
  await settleAll(running);
}

const UNKNOWN_OUTCOME =
  "Outcome unknown: this call was started and then interrupted. It may or may not have taken effect. " +
  "It was not repeated. Check before you try it again, or tell the user.";

/** Waits for all, then throws the first failure: no call is left running behind the turn's back. */
async function settleAll(running: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(running);
  const failed = settled.find((outcome) => outcome.status === "rejected");
  if (failed) throw failed.reason;
}

async function post(turn: OpenTurn, host: TurnHost): Promise<void> {
  for (const item of host.store.pendingOutbox(turn)) {
    await host.deliver(item);
    host.store.markSent(turn, item.seq);
  }
  host.store.finish(turn, host.now());
  host.changed();
}
