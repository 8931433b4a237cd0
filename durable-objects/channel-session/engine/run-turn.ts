/**
 * Works on one turn until it is over: asks the journal what is next, does it, journals it, asks again. What is next is
 * decided in next-action.ts; this file only acts.
 */

import { commandOf } from "../../../shared/commands/command-of.ts";
import { cutToTokens } from "../../../shared/llm/cut-text.ts";
import { explainToUser } from "../../../shared/llm/errors.ts";
import { modelTraits } from "../../../shared/llm/models.ts";
import { ProviderError } from "../../../shared/llm/provider.ts";
import type { LogFields, LogLevel } from "../../../shared/log.ts";
import { sleep } from "../../../shared/time/sleep.ts";
import type { Tool } from "../../../shared/tools/tool.ts";
import { explainRefusal } from "../../../shared/usage/explain-refusal.ts";
import { AgentUnavailableError } from "../../agent/errors.ts";
import { countDecided } from "./approvals.ts";
import { BudgetError } from "./budget-error.ts";
import { callModel } from "./call-model.ts";
import type { UserMessage } from "./messages.ts";
import { lostAttempts, type NextAction, nextAction, pauseAfter } from "./next-action.ts";
import { FencedError, type OpenTurn } from "./open-turn.ts";
import type { StepRow } from "./schema.ts";
import type { AgentParts, TurnContext } from "./turn-context.ts";
import { readUserMessage } from "./user-message.ts";

/** Most tokens that the conversation keeps of a message and its files; the turn itself reads them whole. */
const KEPT_TOKENS = 20_000;

/**
 * A turn that died this often is given up, wherever it died. High, for most deaths are none of its fault: a deploy or an
 * eviction takes every turn with it. A turn that dies in its model calls is given up long before (next-action.ts).
 */
const MAX_GENERATIONS = 30;
/** And not before it was tried for so long, in milliseconds: a machine that keeps failing takes every turn with it too. */
const MIN_TRIED_MS = 10 * 60_000;

/**
 * Runs or resumes a turn. It resolves when the turn is over, when it waits for approval, or when somebody else took it
 * over (stop, new instance).
 *
 * @throws whatever the platform throws; the turn then stays open and the watchdog resumes it.
 */
export async function runTurn(turn: OpenTurn, context: TurnContext): Promise<void> {
  try {
    if (context.store.heldState(turn) === "running") await reachAnswer(turn, context);
    if (context.store.heldState(turn) === "parked") context.changed();
    else await post(turn, context);
  } catch (error) {
    if (error instanceof FencedError) return;
    throw error;
  }
}

async function reachAnswer(turn: OpenTurn, context: TurnContext): Promise<void> {
  const { store, log, now } = context;
  try {
    if (hasDiedTooOften(turn, context)) return giveUp(turn, context, { generation: turn.generation });
    const command = commandOf(turn.message.event);
    // A version that did not know the command may have asked the model.
    if (command && store.steps(turn.id).length === 0)
      return store.answerCommand(turn, command, await context.runCommand(command), now());
    const agent = await context.agent();
    store.setModel(turn, agent.provider.name, agent.provider.model);
    const said = { user: await readMessage(turn, context, agent) };
    const tools = new Map(agent.tools.map((tool) => [tool.name, tool]));
    const rules = {
      maxToolRounds: agent.limits.maxToolRounds,
      // A tool that this version no longer has may have taken effect in the one before.
      isIdempotent: (name: string) => tools.get(name)?.idempotent ?? false,
      needsApproval: (name: string) => tools.get(name)?.needsApproval ?? false,
    };
    for (;;) {
      const steps = store.steps(turn.id);
      const journal = steps.map(({ entry }) => entry);
      const action = nextAction(journal, rules);
      if (action.do === "post") return store.answer(turn, action.text, now());
      if (action.do === "park") return store.park(turn, now());
      if (action.do === "give-up") return giveUp(turn, context, { lostAttempts: action.lostAttempts });
      if (action.do === "call-model") {
        await pause(steps, action, context);
        await callModel(turn, context, agent, action, said, journal);
      } else await runTools(turn, context, tools, action);
      context.changed();
    }
  } catch (error) {
    const failure = describeFailure(error, context);
    if (!failure) throw error;
    const { message, level = "error", ...fields } = failure;
    log.log(level, "turn.failed", fields);
    store.fail(turn, { code: failure.code, message }, now());
  }
}

/** Waits before an attempt at a model call that follows lost ones, and says so. An instance that dies meanwhile leaves the rest. */
async function pause(
  steps: readonly StepRow[],
  { step }: { step: number },
  context: TurnContext,
): Promise<void> {
  const lostAt = steps[step]?.startedAt;
  if (lostAt === undefined) return;
  const ms = lostAt + pauseAfter(lostAttempts(steps.map(({ entry }) => entry))) - context.now();
  if (ms <= 0) return;
  context.live.restart("This answer was interrupted several times; trying again in a moment.");
  await sleep(ms, context.signal);
}

/** Each decision may have woken the turn once; whatever else has, followed a death. */
function hasDiedTooOften({ id, generation }: OpenTurn, { store, now }: TurnContext): boolean {
  if (generation <= MAX_GENERATIONS || generation - countDecided(store.steps(id)) <= MAX_GENERATIONS)
    return false;
  return now() - (store.turn(id)?.startedAt ?? 0) >= MIN_TRIED_MS;
}

/** Ends a turn that was interrupted too often. `why`: for the operator. */
function giveUp(turn: OpenTurn, { store, log, now }: TurnContext, why: Record<string, number>): void {
  const message = "Something kept interrupting this answer, so I gave up. Please ask again.";
  log.log("error", "turn.given_up", why);
  store.fail(turn, { code: "interrupted", message }, now());
}

interface FailureDescription extends LogFields {
  code: string;
  message: string;
  level?: LogLevel;
}

/** What the user reads (`message`) and what the operator reads (the rest), for errors that another try would not mend. */
function describeFailure(error: unknown, { agentName, now }: TurnContext): FailureDescription | undefined {
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

/** What the turn answers, with its files, which the conversation keeps from here on. */
async function readMessage(turn: OpenTurn, context: TurnContext, agent: AgentParts): Promise<UserMessage> {
  const events = turn.messages.map(({ event }) => event);
  const { seesImages } = modelTraits(agent.provider.model);
  const { user, texts } = await readUserMessage(events, { seesImages, signal: context.signal });
  if (events.some(({ attachments }) => attachments?.length)) {
    const kept = texts.map((text) => cutToTokens(text, KEPT_TOKENS));
    context.store.setUserTexts(turn, kept);
  }
  return user;
}

async function runTools(
  turn: OpenTurn,
  context: TurnContext,
  tools: ReadonlyMap<string, Tool>,
  { calls, unknown, ...round }: Extract<NextAction, { do: "run-tools" }>,
): Promise<void> {
  const { store, now } = context;
  for (const { step, name } of unknown) {
    context.log.log("warn", "tool.outcome_unknown", { step, tool: name });
    store.finishToolCall(turn, step, { content: UNKNOWN_OUTCOME, isError: true, outcome: "unknown" }, now());
  }
  store.startToolCalls(turn, { ...round, calls }, now());
  context.changed();
  const running = calls.map(async ({ step, name, input }) => {
    const tool = tools.get(name);
    const outcome = tool
      ? await tool.run(input, { idempotencyKey: `${turn.id}-${step}`, signal: context.signal })
      : {
          content: `There is no tool "${name}". Tools: ${[...tools.keys()].join(", ") || "none"}.`,
          isError: true,
        };
    store.finishToolCall(turn, step, { ...outcome, outcome: "known" }, now());
    context.changed();
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

async function post(turn: OpenTurn, context: TurnContext): Promise<void> {
  for (const item of context.store.pendingOutbox(turn)) {
    const delivery = await context.deliver(item);
    if (delivery.status === "sent") context.store.markSent(turn, item.seq);
    else context.store.markUndeliverable(turn, item.seq, delivery.failure, context.now());
  }
  context.store.finish(turn, context.now());
  context.changed();
}
